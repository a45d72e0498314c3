import BundleFormat
import ClusterPublisher
import ClusterUpdater
import Components
import Compression
import Foundation
import FunctionRuntime
import HTTPCore
import HTTPTransport
import OperationsAPI
import RecommendBooks
import TableStorage
import Telemetry

/// The parts of a node, made in the order in which they need one another.
struct NodeParts {
    let operations: OperationsAPI
    let registry: FunctionRegistry
    let components: ComponentStore
    let updaters: [ModelUpdater]
    let trainer: TrainerDirectory?
    let publisherRoutes: [HTTPRoute]
    let store: TableStore
    let jobs: JobRunner

    init(
        _ configuration: NodeConfiguration, control: NodeControl, log: Log, metrics: Metrics,
        now: @escaping @Sendable () -> Date
    ) throws(NodeError) {
        let root = configuration.root
        (store, jobs) = try Self.storing { () throws(TableStorageError) in
            let store = try TableStore(root: "\(root)/tables", log: log.module("tables"), now: now)
            return (store, try JobRunner(store: store, log: log.module("jobs")))
        }
        let (store, jobs, client) = (store, jobs, HTTPClient())
        let users: UserStore
        do throws(HTTPError) {
            users = try UserStore(
                store: store,
                firstSuperUser: (
                    configuration.superUser.username, configuration.superUser.password
                ), now: now)
        } catch {
            throw NodeError(.storageFailed, error.message, cause: error)
        }
        let context = FunctionContext(
            store: store, log: log.module("functions"), metrics: metrics, now: now)
        do throws(FunctionError) {
            registry = try FunctionRegistry(FunctionCatalog.functions(context))
        } catch {
            throw NodeError(.badConfiguration, error.message, cause: error)
        }
        trainer = try Self.trainer(configuration, log: log.module("publisher"), now: now)
        publisherRoutes =
            trainer.map { trainer in
                PublisherRoutes(directory: trainer, log: log.module("publisher")) {
                    request throws(HTTPError) in
                    let user = try users.authenticate(request.fields["Authorization"])
                    guard user.isSuperUser else {
                        throw HTTPError(.forbidden, "only super users may publish")
                    }
                }.routes
            } ?? []
        updaters = try Self.updaters(
            configuration, registry, log: log.module("cluster"), metrics: metrics, now: now)
        do throws(ComponentError) {
            components = try ComponentStore(root: "\(root)/components", inflate: Self.inflated)
        } catch {
            throw NodeError(.storageFailed, error.message, cause: error)
        }
        operations = OperationsAPI(
            store: store, users: users, jobs: jobs,
            bulk: try Self.bulkAccess(configuration, client, now: now),
            auditsTables: configuration.auditsTables, components: components,
            facts: Self.facts(configuration, registry, updaters), node: control,
            login: Self.loginRules(configuration.authentication), log: log.module("operations"))
    }

    private static func inflated(
        _ archive: [UInt8], bytesMax: Int
    ) throws(ComponentError) -> [UInt8] {
        do throws(CompressionError) {
            return try Gzip.decompress(archive, bytesMax: bytesMax)
        } catch {
            throw ComponentError(.badArchive, error.message)
        }
    }

    private static func loginRules(_ rules: AuthenticationRules) -> LoginRules {
        LoginRules(
            trustsLoopback: rules.authorizesLoopback,
            tokens: TokenLifetimes(
                operationSeconds: rules.operationTokenSeconds,
                refreshSeconds: rules.refreshTokenSeconds))
    }

    private static func bulkAccess(
        _ configuration: NodeConfiguration, _ client: HTTPClient,
        now: @escaping @Sendable () -> Date
    ) throws(NodeError) -> BulkAccess {
        BulkAccess(
            csvFolders: try folders("csv", configuration.csvFolders, of: configuration),
            exportFolders: try folders("export", configuration.exportFolders, of: configuration),
            hosts: configuration.loadHosts,
            send: { request, bodyBytesMax throws(HTTPClientError) in
                try client.send(request, deadline: Limits.transferTime, bodyBytesMax: bodyBytesMax)
            }, now: now)
    }

    /// Folders by their real paths, so that a link cannot lead out of them; the node's own first.
    private static func folders(
        _ name: String, _ further: [String], of configuration: NodeConfiguration
    ) throws(NodeError) -> [String] {
        let own = "\(configuration.root)/\(name)"
        do {
            try FileManager.default.createDirectory(
                atPath: own, withIntermediateDirectories: true)
        } catch {
            throw NodeError(.storageFailed, "the folder \(own) cannot be made", cause: error)
        }
        return ([own] + further).map {
            URL(fileURLWithPath: $0).resolvingSymlinksInPath().path
        }
    }

    /// A trainer's directory, with new keys if this is its first start.
    private static func trainer(
        _ configuration: NodeConfiguration, log: Log, now: @escaping @Sendable () -> Date
    ) throws(NodeError) -> TrainerDirectory? {
        guard configuration.isTrainer else { return nil }
        let root = "\(configuration.root)/trainer"
        do throws(PublisherError) {
            if !TrainerDirectory.isInitialised(at: root) {
                let trust = try TrainerDirectory.initialise(at: root, now: now())
                log.warning(
                    "made new keys for this trainer; give the trust file to the nodes and keep "
                        + "the root key elsewhere",
                    ["trust": trust, "root_key": "\(root)/secret/root.key"])
            }
            return try TrainerDirectory(at: root, now: now)
        } catch {
            throw NodeError(.keysMissing, error.message, cause: error)
        }
    }

    private static func updaters(
        _ configuration: NodeConfiguration, _ registry: FunctionRegistry, log: Log,
        metrics: Metrics, now: @escaping @Sendable () -> Date
    ) throws(NodeError) -> [ModelUpdater] {
        guard let feed = configuration.following else { return [] }
        guard let trust = FileManager.default.contents(atPath: feed.trustFile) else {
            throw NodeError(
                .keysMissing,
                "the trust file \(feed.trustFile) cannot be read; 'ledge trainer init' at the "
                    + "trainer makes it")
        }
        do throws(PullFailure) {
            return try registry.models.map { model throws(PullFailure) in
                try ModelUpdater(
                    configuration: .init(
                        channel: model.modelName, nodeName: configuration.name),
                    trust: [UInt8](trust), source: HTTPFeedSource(base: feed.url),
                    store: try ModelStore(root: "\(configuration.root)/models/\(model.modelName)"),
                    receiver: ModelReceiver(prepare: model.prepare, offer: model.offer),
                    log: log, metrics: metrics, now: now)
            }
        } catch {
            throw NodeError(.storageFailed, "\(error.code): \(error.message)", cause: error)
        }
    }

    private static func storing<Answer>(
        _ body: () throws(TableStorageError) -> Answer
    ) throws(NodeError) -> Answer {
        do throws(TableStorageError) {
            return try body()
        } catch {
            throw NodeError(.storageFailed, error.message, cause: error)
        }
    }
}

/// The functions that this program was built with: one row for each.
enum FunctionCatalog {
    static func functions(_ context: FunctionContext) -> [any CustomFunction] {
        [BookRecommender.function(context)]
    }
}
