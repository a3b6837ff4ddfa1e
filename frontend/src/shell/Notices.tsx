/** Where notices appear. Loaded with the first. */
import "@mantine/notifications/styles.css";
import { Notifications } from "@mantine/notifications";
import { useEffect } from "react";
import { useLocation } from "wouter";
import { forgetOthers } from "../dialogs/notices";

export default function Notices() {
  const [page] = useLocation();
  useEffect(() => forgetOthers(page), [page]);
  return <Notifications position="bottom-center" limit={3} />;
}
