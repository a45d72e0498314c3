import BundleFormat
import Foundation
import HTTPCore
import TableStorage
import Telemetry

/// What a node can be asked beside its tables: a project of routes under one name.
///
/// The contract, in the order in which the node keeps it:
///
/// 1. The node makes one value for its whole life, gives it a ``FunctionContext``, and mounts the
///    routes under `/<name>`; a pattern `/books` of the project `book-recommender` answers
///    `/book-recommender/books`.
/// 2. Handlers run at any time, on any thread, many at once. A handler that touches a table, a
///    file or a model that may have to be loaded is `.waiting`; only a pure computation is
///    `.immediate`, because it stands between two other clients of its event loop. What is a
///    short computation most times is `.prompt`: it says itself when it has to wait.
/// 3. Models come through ``models``: the node hands each new bundle to `prepare` on a thread of
///    its own, and calls what it returns to let it serve. A handler reads its model once and
///    keeps it to the end of the request.
/// 4. An `HTTPError` is answered as it is. A function states what a client may read; what only
///    the operator may read goes into the cause.
/// 5. Routes need no login unless the function asks for one, as in HarperDB.
package protocol CustomFunction: Sendable {
    /// The project's name: letters, digits, dash and underscore; the first segment of its URLs.
    var name: String { get }

    /// The routes of the project, relative to its name.
    var routes: [HTTPRoute] { get }

    /// The models that the project serves from; empty if it needs none.
    var models: [ModelBinding] { get }

    /// Is called once, after the last request: writes what is still to be written, and blocks
    /// until that is done.
    func finish()
}

extension CustomFunction {
    package var models: [ModelBinding] { [] }
    package func finish() {}
}

/// What a function is given by its node.
package struct FunctionContext: Sendable {
    package let store: TableStore
    package let log: Log
    package let metrics: Metrics
    package let now: @Sendable () -> Date

    package init(
        store: TableStore, log: Log, metrics: Metrics, now: @escaping @Sendable () -> Date
    ) {
        self.store = store
        self.log = log
        self.metrics = metrics
        self.now = now
    }
}

/// How the models of one channel reach a function that serves from them.
package struct ModelBinding: Sendable {
    /// The model's name, which is also the name of its channel in the feed.
    package let modelName: String
    /// Loads a verified bundle, asks its golden queries, and returns what makes it serve.
    ///
    /// Blocks, and leaves the serving model alone until the returned closure is called.
    package let prepare: @Sendable (ModelBundle) throws(FunctionError) -> @Sendable () -> Void
    /// Says where the bundle can be opened when the first request comes.
    package let offer: @Sendable (@escaping @Sendable () throws(BundleError) -> ModelBundle) -> Void
    /// Version and digest of the model that serves, or nil before the first request.
    package let serving: @Sendable () -> ServingModel?

    package init(
        modelName: String,
        prepare: @escaping @Sendable (ModelBundle) throws(FunctionError) -> @Sendable () -> Void,
        offer:
            @escaping @Sendable (@escaping @Sendable () throws(BundleError) -> ModelBundle) -> Void,
        serving: @escaping @Sendable () -> ServingModel?
    ) {
        self.modelName = modelName
        self.prepare = prepare
        self.offer = offer
        self.serving = serving
    }
}

/// Which model serves.
package struct ServingModel: Sendable, Hashable {
    package let version: Int
    package let digest: String

    package init(version: Int, digest: String) {
        self.version = version
        self.digest = digest
    }
}
