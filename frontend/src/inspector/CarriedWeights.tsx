/** Which weights came with the network, and the way to be rid of them. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useDocument } from "../document";
import { useFormat } from "../i18n/format";
import { useCarriedWeights } from "../state/weights";
import classes from "./inspector.module.css";
import { Section } from "./Section";

export function CarriedWeights() {
  const { t } = useTranslation("inspector");
  const format = useFormat();
  const { id } = useDocument();
  const { network, source, load } = useCarriedWeights();
  useEffect(() => {
    void load(id);
  }, [id, load]);
  if (network !== id || !source) return null;
  const drop = async () => {
    const { dropWeights } = await import("../dialogs/imports");
    await dropWeights(id);
  };
  return (
    <Section
      title={t("carried")}
      testId="carried-weights"
      aside={
        <Tooltip label={t("carriedDrop")}>
          <ActionIcon
            size={20}
            variant="subtle"
            color="gray"
            aria-label={t("carriedDrop")}
            onClick={() => void drop()}
            data-testid="carried-drop"
          >
            <IconX size={14} />
          </ActionIcon>
        </Tooltip>
      }
    >
      <p className={classes.quiet}>
        {t("carriedFrom", { number: format.count(source.count), file: source.label })}
      </p>
      {source.complete ? null : <p className={classes.quiet}>{t("carriedPart")}</p>}
    </Section>
  );
}
