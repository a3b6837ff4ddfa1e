/** What the server offers: file formats, ready-made networks, the user's own networks. */
import type { FormatInfo, NetworkSummary, ZooCard } from "../wire/types";
import { resource } from "./resource";

export const useFormats = resource<FormatInfo[]>("/api/formats");
export const useZoo = resource<ZooCard[]>("/api/zoo");
export const useNetworks = resource<NetworkSummary[]>("/api/networks");
