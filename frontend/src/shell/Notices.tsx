/** Where notices appear. Loaded with the first. */
import "@mantine/notifications/styles.css";
import { Notifications } from "@mantine/notifications";

export default function Notices() {
  return <Notifications position="bottom-center" limit={3} />;
}
