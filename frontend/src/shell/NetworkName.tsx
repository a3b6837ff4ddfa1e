/** The network's name, edited where it stands. */
import { TextInput, Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useDocument, useDocumentState, useGraphPart } from "../document";
import { useDraft } from "../inspector/useDraft";
import classes from "./toolbar.module.css";

const MAX_LENGTH = 200;

export function NetworkName() {
  const { t } = useTranslation("shell");
  const document = useDocument();
  useDocumentState();
  const name = useGraphPart((graph) => graph.name);
  const draft = useDraft<string, "empty">({
    text: name,
    parse: (text) => (text.trim() === "" ? { ok: false, reason: "empty" } : { ok: true, value: text.trim() }),
    onChange: (value, session) =>
      document.apply([{ op: "set_meta", name: value }], "shell:undo_name", {
        merge: `name:${session}`,
        lasting: true,
      }),
  });
  return (
    <Tooltip label={t("rename")} openDelay={600}>
      <TextInput
        {...draft.input}
        onKeyDown={(event) => {
          draft.input.onKeyDown(event);
          if (event.key === "Enter" || event.key === "Escape") event.currentTarget.blur();
        }}
        onBlur={() => {
          draft.input.onBlur();
          if (draft.reason) draft.reset();
        }}
        variant="unstyled"
        size="xs"
        maxLength={MAX_LENGTH}
        placeholder={t("unnamed")}
        aria-label={t("networkName")}
        disabled={!document.editable}
        autoComplete="off"
        spellCheck={false}
        data-testid="network-name"
        classNames={{ root: classes.nameRoot, input: classes.name }}
      />
    </Tooltip>
  );
}
