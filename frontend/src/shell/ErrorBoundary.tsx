/** Catches what goes wrong while drawing a part of the page, so that the rest stays usable. */
import { Button, Center, Code, Stack, Text, Title } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { Translation } from "react-i18next";

interface Props {
  children: ReactNode;
  /** Shown instead of the message: for small parts, such as a menu that could not be fetched. */
  fallback?: ReactNode;
}

export class ErrorBoundary extends Component<Props, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    if (this.props.fallback !== undefined) return this.props.fallback;
    return (
      <Translation ns="canvas">
        {(t) => (
          <Center h="100%" p="lg" role="alert">
            <Stack gap="sm" maw={480}>
              <Title order={2} size="h4">
                {t("crash.title")}
              </Title>
              <Text size="sm" c="dimmed">
                {t("crash.text")}
              </Text>
              <Code block>{error.message}</Code>
              <div>
                <Button size="xs" onClick={() => this.setState({ error: null })}>
                  {t("crash.retry")}
                </Button>
              </div>
            </Stack>
          </Center>
        )}
      </Translation>
    );
  }
}
