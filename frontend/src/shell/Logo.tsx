/** The mark: three layers, joined. */
export function Logo({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden>
      <path
        d="M5 5.5 12 12M5 5.5 12 4.5M5 18.5 12 12M5 18.5 12 19.5M12 4.5 19 12M12 12h7M12 19.5 19 12M5 5.5 12 19.5M5 18.5 12 4.5"
        stroke="var(--vn-accent)"
        strokeWidth="1.1"
        opacity="0.55"
      />
      <g fill="var(--vn-accent)">
        <circle cx="5" cy="5.5" r="2.4" />
        <circle cx="5" cy="18.5" r="2.4" />
        <circle cx="12" cy="4.5" r="2.4" />
        <circle cx="12" cy="12" r="2.4" />
        <circle cx="12" cy="19.5" r="2.4" />
        <circle cx="19" cy="12" r="2.8" />
      </g>
    </svg>
  );
}
