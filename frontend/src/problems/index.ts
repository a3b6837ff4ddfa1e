/** Problems of the network, as the rest of the page may show them. */
export { DiagnosticText } from "./DiagnosticText";
export { ProblemsPanel } from "./ProblemsPanel";
export { pathOf, problemBehind, wayText } from "./place";
export { SeverityIcon } from "./SeverityIcon";
export { fixLabel, problemText } from "./translate";
export { showProblem, useProblemActions } from "./useProblemActions";
