"""The live document over real sockets: tabs converge, edits last, the analysis follows."""

from __future__ import annotations

import asyncio

import pytest

from designer.live import protocol
from designer.live.awareness import encode
from tests.conftest import Server, Site
from tests.designer.samples import chain, edge, node, small
from tests.designer.tab import make, tab


async def test_a_tab_gets_document_and_analysis(server: Server) -> None:
    async with tab(server, make(server, small())) as one:
        await one.until_synced()
        assert sorted(one.nodes.keys()) == ["n1", "n2"]
        assert one.meta["name"] == "small"
        assert one.analysis["totals"]["weights"] == 7850
        assert one.analysis["nodes"]["n2"]["outputs"] == [{"shape": [None, 10], "dtype": "float32"}]
        assert one.analysis["diagnostics"] == {}


async def test_an_edit_reaches_the_other_tab_and_the_analysis_of_both(server: Server) -> None:
    network = make(server, small())
    async with tab(server, network) as one, tab(server, network) as two:
        await one.until_synced()
        await two.until_synced()
        await one.set_params("n2", units=20)
        await two.until(lambda: two.params("n2")["units"] == 20)
        await one.until_weights(15700)
        await two.until_weights(15700)
        deltas = [notice for notice in one.notices if notice["kind"] == "analysis"][1:]
        assert all(set(notice["nodes"]) == {"n2"} for notice in deltas)


async def test_a_move_is_told_but_not_analysed(server: Server) -> None:
    network = make(server, small())
    async with tab(server, network) as one, tab(server, network) as two:
        await two.until_synced()
        await one.until_synced()
        await one.set_fields("n1", position=[50, 60])
        await two.until(lambda: two.nodes["n1"]["position"] == [50, 60])
        await one.saved()
        assert [notice["kind"] for notice in one.notices] == ["analysis", "saved"]


async def test_concurrent_edits_converge(server: Server) -> None:
    network = make(server, chain(5))
    async with tab(server, network) as one, tab(server, network) as two:
        await one.until_synced()
        await two.until_synced()
        for step in range(50):
            await one.set_params("n00001", units=step + 1)
            await two.set_params("n00002", units=step + 1)
            await two.set_fields("n00003", position=[step, step])
        await one.add(node("n00009", "Dense", "added", units=3), after="n00005")
        await one.until(
            lambda: (
                one.params("n00002")["units"] == 50 and one.nodes["n00003"]["position"] == [49, 49]
            )
        )
        await two.until(
            lambda: two.params("n00001")["units"] == 50 and "n00005:0>n00009:0" in two.edges
        )
        assert one.nodes.to_py() == two.nodes.to_py()
        assert one.edges.to_py() == two.edges.to_py()
        await one.until(lambda: one.analysis["nodes"].get("n00009", {}).get("weights") == 27)


async def test_deleting_a_node_and_putting_it_back(server: Server) -> None:
    network = make(server, small())
    async with tab(server, network) as one, tab(server, network) as two:
        await one.until_synced()
        await two.until_synced()

        await one.delete("n2")
        await two.until(lambda: "n2" not in two.nodes)
        await two.until(lambda: two.analysis["totals"]["layers"] == 1)
        await one.add(node("n2", "Dense", "dense", units=10), after="n1")
        await two.until_weights(7850)


async def test_an_edge_without_its_end_is_left_out_until_the_end_is_there(server: Server) -> None:
    network = make(server, small())
    async with tab(server, network) as one:
        await one.until_synced()
        await one.edit(lambda: one.edges.update({"n2:0>n3:0": edge("n2", "n3")}))
        await one.saved()
        graph = server.client.get(f"/api/networks/{network}").json()["graph"]
        assert graph["edges"] == [edge("n1", "n2")]
        await one.add(node("n3", "Dense", "late", units=2))
        await one.until_weights(7850 + 22)


async def test_what_rest_changes_appears_in_the_tab(server: Server) -> None:
    network = make(server, small())
    async with tab(server, network) as one:
        await one.until_synced()
        edits = [
            {"op": "set_params", "id": "n2", "params": {"units": 30}},
            {"op": "rename", "id": "n2", "name": "hidden"},
        ]
        answer = server.client.patch(f"/api/networks/{network}", json={"edits": edits})
        assert answer.status_code == 200
        assert answer.json()["analysis"]["totals"]["weights"] == 785 * 30
        await one.until(
            lambda: one.params("n2")["units"] == 30 and one.nodes["n2"]["name"] == "hidden"
        )
        server.client.put(f"/api/networks/{network}", json={"graph": chain(3)})
        await one.until(lambda: set(one.nodes.keys()) == {f"n0000{index}" for index in range(4)})
        assert one.meta["name"] == "chain"


async def test_rest_reads_what_a_tab_has_not_saved_yet(server: Server) -> None:
    network = make(server, small())
    async with tab(server, network) as one, tab(server, network) as two:
        await one.until_synced()
        await two.until_synced()
        await one.set_params("n2", units=77)
        await two.until(lambda: two.params("n2")["units"] == 77)
        graph = server.client.get(f"/api/networks/{network}").json()["graph"]
        assert graph["nodes"][1]["params"]["units"] == 77


async def test_everything_saved_is_there_after_a_kill(site: Site) -> None:
    server = site.start()
    network = make(server, small())
    async with tab(server, network) as one:
        await one.until_synced()
        await one.set_params("n2", units=41)
        await one.saved()
        await one.set_fields("n2", name="kept")
        await one.saved()
        await asyncio.to_thread(server.kill)
        await one.closed()
    again = await asyncio.to_thread(site.start)
    async with tab(again, network) as one:
        await one.until_synced()
        assert one.params("n2")["units"] == 41
        assert one.nodes["n2"]["name"] == "kept"
    listed = {item["id"]: item for item in again.client.get("/api/networks").json()}
    assert listed[network]["weights"] == 785 * 41


async def test_a_server_that_is_stopped_saves_the_last_edit(site: Site) -> None:
    server = site.start()
    network = make(server, small())
    async with tab(server, network) as one, tab(server, network) as two:
        await one.until_synced()
        await two.until_synced()
        await one.set_params("n2", units=1)
        await one.set_params("n2", units=2)
        await two.until(lambda: two.params("n2")["units"] == 2)
        await asyncio.to_thread(server.stop)
    again = await asyncio.to_thread(site.start)
    graph = again.client.get(f"/api/networks/{network}").json()["graph"]
    assert graph["nodes"][1]["params"]["units"] == 2


async def test_edits_made_offline_merge(server: Server) -> None:
    network = make(server, chain(3))
    async with tab(server, network) as one, tab(server, network) as two:
        await one.until_synced()
        await two.until_synced()
        state = two.doc.get_update()
        await one.set_params("n00001", units=5)
        await one.saved()
    returning = tab(server, network)
    returning.doc.apply_update(state)
    returning.params("n00002")["units"] = 6
    async with returning, tab(server, network) as three:
        await three.until(lambda: three.is_synced and three.params("n00002")["units"] == 6)
        await returning.until(lambda: returning.params("n00001")["units"] == 5)


async def test_two_server_processes_share_a_network(site: Site, server: Server) -> None:
    other = await asyncio.to_thread(site.start)
    network = make(server, small())
    async with tab(server, network) as one, tab(other, network) as two:
        await one.until_synced()
        await two.until_synced()
        for step in range(1, 30):
            await one.set_params("n2", units=step)
            await two.set_fields("n2", name=f"name_{step}")
        await one.until(lambda: one.nodes["n2"]["name"] == "name_29")
        await two.until(lambda: two.params("n2")["units"] == 29)
        await two.until_weights(785 * 29)
        await one.send(protocol.awareness(encode([(7, 1, '{"name":"Ada"}')])))
        await two.until(lambda: two.presence.get(7) == '{"name":"Ada"}')
    async with tab(other, network) as two:
        await two.until_synced()
        assert server.client.delete(f"/api/networks/{network}").status_code == 204
        assert await two.closed() == 4404


@pytest.mark.parametrize("leaves", ["by closing", "by being quiet"])
async def test_presence_reaches_everybody_and_goes_with_its_tab(
    server: Server, leaves: str
) -> None:
    network = make(server, small())
    said = encode([(5, 1, '{"cursor":[1,2]}')])
    async with tab(server, network) as one:
        await one.until_synced()
        async with tab(server, network) as two:
            await two.send(protocol.awareness(said))
            await one.until(lambda: one.presence.get(5) == '{"cursor":[1,2]}')
            await two.until(lambda: two.presence.get(5) == '{"cursor":[1,2]}')
            if leaves == "by being quiet":
                await two.send(protocol.awareness(encode([(5, 2, "null")])))
                await one.until(lambda: one.presence.get(5) == "null")
        await one.until(lambda: one.presence.get(5) == "null")
        await one.send(bytes([protocol.QUERY_AWARENESS]))
        await one.send(protocol.awareness(said))
        await one.until(lambda: one.presence.get(5) == '{"cursor":[1,2]}')
