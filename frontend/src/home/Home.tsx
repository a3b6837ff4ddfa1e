/** The list of networks. */
export default function Home() {
  return <main />;
}
