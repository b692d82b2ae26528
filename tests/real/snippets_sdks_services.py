"""How applications use the clients of Elasticsearch, Kubernetes and GraphQL."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from .corpus import Corpus, raised, raised_async

elastic = Corpus()
elastic_requests = Corpus()
elastic_async = Corpus()
kube = Corpus()
gql_requests = Corpus()
gql_httpx = Corpus()
gql_aiohttp = Corpus()


def _search(elasticsearch: ModuleType, base: str, **options: Any) -> Any:
    return elasticsearch.Elasticsearch(f"{base}/elastic", api_key="key", **options)


@elastic.add
def documents(elasticsearch: ModuleType, base: str) -> object:
    with _search(elasticsearch, base) as es:
        number = es.info()["version"]["number"]
        made = es.index(index="books", id="1", document={"title": "naïve"})
        found = es.search(index="books", query={"match": {"title": "naïve"}})["hits"]["hits"]
        there = bool(es.exists(index="books", id="1")), bool(es.exists(index="books", id="missing"))
        return number, made["result"], found, there, raised(es.get, index="books", id="missing")


@elastic.add
def bulk(elasticsearch: ModuleType, base: str) -> object:
    from importlib import import_module

    helpers = import_module("elasticsearch.helpers")
    actions = [{"_index": "books", "_id": str(number), "title": f"t{number}"} for number in range(3)]
    with _search(elasticsearch, base) as es:
        return helpers.bulk(es, actions)


@elastic.add
def node_retried(elasticsearch: ModuleType, base: str) -> object:
    with _search(elasticsearch, base, max_retries=2, retry_on_status=[503]) as es:
        return es.get(index="slow", id="1").body


@elastic.like(prepare=_search)
def search_built_before(elasticsearch: ModuleType, base: str, es: Any) -> object:
    with es:
        return es.get(index="books", id="1").body, es.get(index="books", id="1").meta.status


@elastic_requests.add
def over_requests(elasticsearch: ModuleType, base: str) -> object:
    with _search(elasticsearch, base, node_class="requests") as es:
        return es.get(index="books", id="1").body, raised(es.get, index="books", id="missing")


@elastic_async.add
async def documents_async(elasticsearch: ModuleType, base: str) -> object:
    async with elasticsearch.AsyncElasticsearch(f"{base}/elastic", api_key="key") as es:
        made = await es.index(index="books", id="1", document={"title": "naïve"})
        return made["result"], await raised_async(es.get(index="books", id="missing"))


def _core(kubernetes: ModuleType, base: str) -> Any:
    configuration = kubernetes.client.Configuration(host=f"{base}/kube")
    return kubernetes.client.CoreV1Api(kubernetes.client.ApiClient(configuration))


@kube.add
def pods(kubernetes: ModuleType, base: str) -> object:
    core = _core(kubernetes, base)
    listed = [pod.metadata.name for pod in core.list_namespaced_pod("shop", label_selector="app=web").items]
    spec = {"containers": [{"name": "c", "image": "shop:1"}]}
    made = core.create_namespaced_pod("shop", {"metadata": {"name": "new"}, "spec": spec})
    patched = core.patch_namespaced_pod("web", "shop", {"metadata": {"labels": {"a": "b"}}})
    log = core.read_namespaced_pod_log("web", "shop")
    return listed, made.spec.containers[0].image, patched.metadata.resource_version, log


@kube.add
def pod_missing(kubernetes: ModuleType, base: str) -> object:
    try:
        _core(kubernetes, base).read_namespaced_pod("missing", "shop")
    except kubernetes.client.ApiException as error:
        return error.status, error.reason, error.body
    return None


@kube.add
def pods_watched(kubernetes: ModuleType, base: str) -> object:
    watch = kubernetes.watch.Watch()
    stream = watch.stream(_core(kubernetes, base).list_namespaced_pod, "shop", timeout_seconds=1)
    found = []
    for event in stream:
        found.append((event["type"], event["object"].metadata.name))
        if event["type"] == "DELETED":
            watch.stop()
    return found


USER = "query user($id: ID!) { user(id: $id) { id name } }"


def _request(gql: ModuleType, query: str = USER) -> Any:
    return gql.GraphQLRequest(query, variable_values={"id": "7"})


def _asked(gql: ModuleType, transport: Any) -> object:
    with gql.Client(transport=transport) as session:
        return session.execute(_request(gql)), raised(session.execute, _request(gql, "query { other }"))


@gql_requests.add
def query_over_requests(gql: ModuleType, transport: ModuleType, base: str) -> object:
    return _asked(gql, transport.RequestsHTTPTransport(f"{base}/graphql"))


@gql_httpx.add
def query_over_httpx(gql: ModuleType, transport: ModuleType, base: str) -> object:
    return _asked(gql, transport.HTTPXTransport(f"{base}/graphql"))


@gql_httpx.add
async def query_over_async_httpx(gql: ModuleType, transport: ModuleType, base: str) -> object:
    async with gql.Client(transport=transport.HTTPXAsyncTransport(f"{base}/graphql")) as session:
        return await session.execute(_request(gql))


@gql_aiohttp.add
async def query_over_aiohttp(gql: ModuleType, transport: ModuleType, base: str) -> object:
    async with gql.Client(transport=transport.AIOHTTPTransport(f"{base}/graphql")) as session:
        return await session.execute(_request(gql)), await raised_async(session.execute(_request(gql, "query { o }")))
