import BundleFormat
import ClusterPublisher
import ClusterUpdater
import Foundation
import FunctionRuntime
import HTTPCore
import HTTPTransport
import OperationsAPI
import RecommendBooks
import Synchronization
import TableStorage
import Telemetry

/// A whole node: tables, functions, models, and both ports. The composition root.
///
/// Everything is made here and handed down; no part reaches for the clock, the environment or
/// another part by itself.
package final class Node: Sendable {
    package struct Addresses: Sendable, Hashable {
        package let operationsPort: Int
        package let functionsPort: Int
    }

    private let configuration: NodeConfiguration
    private let log: Log
    private let metrics: Metrics
    private let server: HTTPServer
    private let updaters: [ModelUpdater]
    private let trainer: TrainerDirectory?
    private let store: TableStore
    private let jobs: JobRunner
    private let registry: FunctionRegistry
    private let started: Date
    /// Asked by the operation `restart`; whoever runs the node waits for it.
    package let restart = RestartRequest()

    /// Makes a node; nothing listens and nothing is pulled before ``start()``.
    ///
    /// - Throws: `.unsafeLogin`, `.storageFailed`, `.keysMissing`, `.badConfiguration`.
    package init(
        _ configuration: NodeConfiguration, log: Log,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws(NodeError) {
        Limits.check()
        try Self.checkLogin(configuration)
        self.configuration = configuration
        self.log = log
        metrics = Metrics()
        started = now()
        let control = NodeControl(
            configuration, settings: try NodeSettings(configuration), restart: restart)
        let parts = try NodeParts(
            configuration, control: control, log: log, metrics: metrics, now: now)
        updaters = parts.updaters
        trainer = parts.trainer
        (store, jobs, registry) = (parts.store, parts.jobs, parts.registry)
        let page = StatusPage(
            configuration: configuration, updaters: parts.updaters, trainer: parts.trainer,
            models: parts.registry.models, metrics: metrics, started: started, now: now)
        server = try Self.server(configuration, parts, page, log: log, metrics: metrics)
    }

    /// A login that everybody knows must not be reachable by everybody.
    private static func checkLogin(_ configuration: NodeConfiguration) throws(NodeError) {
        let isLoopback =
            configuration.address == "localhost" || configuration.address == "::1"
            || configuration.address.hasPrefix("127.")
        guard isLoopback || configuration.superUser.password != Credentials.wellKnown.password
        else {
            throw NodeError(
                .unsafeLogin,
                "the super user has the well-known password on the public address "
                    + "\(configuration.address); set HDB_ADMIN_USERNAME and HDB_ADMIN_PASSWORD, or "
                    + "listen on 127.0.0.1")
        }
    }

    /// Every node has the socket unless it is told otherwise, so a root whose path is too long
    /// for one costs the socket and not the node.
    private static func operationsSocket(_ configuration: NodeConfiguration, log: Log) -> String? {
        let path = configuration.operationsSocket
        guard !path.isEmpty else { return nil }
        guard path.utf8.count <= HTTPListener.unixPathBytesMax else {
            log.warning(
                "the path of the operations socket is too long for one; there will be none",
                ["path": path, "bytes_max": HTTPListener.unixPathBytesMax])
            return nil
        }
        return path
    }

    private static func server(
        _ configuration: NodeConfiguration, _ parts: NodeParts, _ page: StatusPage, log: Log,
        metrics: Metrics
    ) throws(NodeError) -> HTTPServer {
        func options(_ access: OriginAccess) -> HTTPRouter.Options {
            HTTPRouter.Options(
                cors: HTTPCrossOrigin(origins: access.origins), ignoresTrailingSlash: true)
        }
        do throws(HTTPError) {
            var settings = HTTPServerConfiguration(
                loops: configuration.threads,
                workers: HTTPWorkerLimits(
                    threads: Limits.workerThreads, queuedMax: Limits.queuedRequestsMax))
            settings.limits = HTTPLimits().with(bodyBytesMax: Limits.functionBodyBytesMax)
            settings.connections.bodyBytesTotalMax = Limits.bodyBytesTotalMax
            let documented = OpenAPIPage(
                configuration, operations: parts.operations,
                operationsRoutes: parts.operations.routes + [page.route],
                functionsRoutes: parts.registry.routes + parts.publisherRoutes
                    + StaticFileRoutes(components: parts.components).routes
                    + [page.route, page.healthRoute])
            let operations = try HTTPRouter(
                routes: documented.operationsRoutes,
                options: options(configuration.operationsOrigins))
            let socket = Self.operationsSocket(configuration, log: log).map {
                HTTPListener(unixPath: $0, router: operations)
            }
            return HTTPServer(
                listeners: [
                    HTTPListener(
                        address: configuration.address, port: configuration.operationsPort,
                        router: operations),
                    HTTPListener(
                        address: configuration.address, port: configuration.functionsPort,
                        router: try HTTPRouter(
                            routes: documented.functionsRoutes,
                            options: options(configuration.functionsOrigins))),
                ] + [socket].compactMap(\.self), configuration: settings, log: log.module("http"),
                metrics: metrics)
        } catch {
            throw NodeError(.badConfiguration, error.message, cause: error)
        }
    }
}

// MARK: Life

extension Node {
    /// Opens both ports and begins to follow the feed.
    ///
    /// - Throws: `.addressUnavailable`.
    package func start() throws(NodeError) -> Addresses {
        let ports: [Int]
        do throws(HTTPTransportError) {
            ports = try server.start()
        } catch {
            throw NodeError(
                .addressUnavailable,
                "the node cannot listen on \(configuration.address): \(error.message)",
                cause: error)
        }
        for updater in updaters {
            updater.boot()
            Thread.detachNewThread { updater.run() }
        }
        log.info(
            "the node listens",
            ["name": configuration.name, "operations": ports[0], "functions": ports[1]])
        return Addresses(operationsPort: ports[0], functionsPort: ports[1])
    }

    /// Serves until ``stop()``; what runs then is finished.
    package func run() async {
        await withTaskGroup { group in
            group.addTask { await self.server.run() }
            group.addTask { await self.sweep() }
            if let trainer { group.addTask { await self.refresh(trainer) } }
            await group.next()
            group.cancelAll()
        }
    }

    /// Ends the node: no new requests, those that run are finished.
    package func stop() async {
        for updater in updaters { updater.stop() }
        jobs.stop()
        await server.shutdown(grace: Limits.shutdownGrace)
        await onOwnThread { [registry] in for function in registry.functions { function.finish() } }
    }

    /// Runs what may wait for a disk where it holds nobody up.
    private func onOwnThread(_ work: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                work()
                continuation.resume()
            }
        }
    }

    /// Takes expired records out of their tables, on a thread that may wait for the disk.
    private func sweep() async {
        while !Task.isCancelled {
            await onOwnThread { [self] in
                do throws(TableStorageError) {
                    try store.sweepExpired()
                } catch {
                    log.error("expired records stay", ["cause": error.message])
                }
            }
            do {
                try await Task.sleep(for: Limits.sweepInterval)
            } catch {
                return
            }
        }
    }

    /// A feed without news must not expire.
    private func refresh(_ trainer: TrainerDirectory) async {
        while !Task.isCancelled {
            for channel in trainer.channels {
                do throws(PublisherError) {
                    if let entry = try trainer.refresh(channel) {
                        log.info("signed the feed anew", ["channel": channel, "seq": entry.seq])
                    }
                } catch {
                    log.error(
                        "the feed could not be signed anew and will expire",
                        ["channel": channel, "cause": error.message])
                }
            }
            do {
                try await Task.sleep(for: .seconds(Limits.refreshInterval))
            } catch {
                return
            }
        }
    }
}
