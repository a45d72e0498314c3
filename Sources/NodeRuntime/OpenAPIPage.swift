import HTTPCore
import JSON
import OperationsAPI

/// `GET /openapi.json` on both ports: what the node can be asked, as a document for machines.
struct OpenAPIPage: Sendable {
    let operationsRoutes: [HTTPRoute]
    let functionsRoutes: [HTTPRoute]

    /// Adds itself to the routes of both ports.
    init(
        _ configuration: NodeConfiguration, operations: OperationsAPI,
        operationsRoutes: [HTTPRoute], functionsRoutes: [HTTPRoute]
    ) {
        let isWide = ["0.0.0.0", "::"].contains(configuration.address)
        let host = isWide ? "localhost" : configuration.address
        let shown = host.contains(":") ? "[\(host)]" : host
        let document = OpenAPIDocument(
            operations: operations.table,
            ports: [
                .init(
                    url: "http://\(shown):\(configuration.operationsPort)",
                    summary: "HarperDB's operations API", routes: operationsRoutes),
                .init(
                    url: "http://\(shown):\(configuration.functionsPort)",
                    summary: "custom functions", routes: functionsRoutes),
            ], version: StatusPage.version)
        let route = HTTPRoute(
            .get, "/openapi.json",
            .waiting { _ throws(HTTPError) in .json(document.value.encodedForReading()) })
        self.operationsRoutes = operationsRoutes + [route]
        self.functionsRoutes = functionsRoutes + [route]
    }
}
