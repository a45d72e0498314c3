import Dispatch
import Synchronization

/// The place where a function's model is: empty, being loaded, or serving.
///
/// ```
/// empty --offer--> offered --current--> loading --success--> serving
///                     ^                    |                    |
///                     +------failure-------+         install: serving, another model
/// ```
///
/// Invariants:
/// 1. At most one load runs at a time; everybody who asks meanwhile gets its result.
/// 2. A failed load is reported to all who waited and is not kept: the next request tries again.
/// 3. An installed model wins over a load that began earlier.
/// 4. Whoever got a model keeps it; exchanging the slot's model never touches a running request.
package final class ModelSlot<Model: Sendable>: Sendable {
    package typealias Load = @Sendable () throws(FunctionError) -> Model

    private enum State {
        case empty
        case offered(Load)
        case loading(Flight, Load)
        case serving(Model)
    }

    private enum Access {
        case ready(Model)
        case wait(Flight)
        case load(Flight, Load)
        case nothing
    }

    /// One running load that any number of threads wait for.
    private final class Flight: Sendable {
        let landed = DispatchGroup()
        let result = Mutex<Result<Model, FunctionError>?>(nil)

        init() { landed.enter() }

        func land(_ result: Result<Model, FunctionError>) {
            self.result.withLock { $0 = result }
            landed.leave()
        }
    }

    private let state = Mutex<State>(.empty)
    private let missingMessage: String

    /// - Parameter name: What the model is called in the sentence that says it is not there.
    package init(name: String) {
        missingMessage = "no \(name) model has arrived yet; train and publish one, or wait a moment"
    }

    /// The model that serves, loading it if this is the first request.
    ///
    /// Blocks while it loads: call from a worker thread.
    ///
    /// - Throws: `.modelUnavailable` if there is nothing to load; else what the load threw.
    package func current() throws(FunctionError) -> Model {
        switch access() {
        case .ready(let model): return model
        case .nothing: throw FunctionError(.modelUnavailable, missingMessage)
        case .wait(let flight):
            flight.landed.wait()
            guard let result = flight.result.withLock({ $0 }) else {
                throw FunctionError(.modelUnavailable, missingMessage)
            }
            return try result.get()
        case .load(let flight, let load):
            let result: Result<Model, FunctionError>
            do throws(FunctionError) {
                result = .success(try load())
            } catch {
                result = .failure(error)
            }
            let settled = settle(flight, result)
            flight.land(settled)
            return try settled.get()
        }
    }

    /// The model that serves, or nil; never loads and never waits.
    package var loaded: Model? {
        state.withLock { state in
            if case .serving(let model) = state { model } else { nil }
        }
    }

    /// Says how a model can be loaded when the first request comes; ignored while one serves.
    package func offer(_ load: @escaping Load) {
        state.withLock { state in
            switch state {
            case .empty, .offered: state = .offered(load)
            case .loading(let flight, _): state = .loading(flight, load)
            case .serving: break
            }
        }
    }

    /// Makes a model serve from the next request on.
    package func install(_ model: Model) {
        state.withLock { $0 = .serving(model) }
    }

    private func access() -> Access {
        state.withLock { state in
            switch state {
            case .empty: return .nothing
            case .serving(let model): return .ready(model)
            case .loading(let flight, _): return .wait(flight)
            case .offered(let load):
                let flight = Flight()
                state = .loading(flight, load)
                return .load(flight, load)
            }
        }
    }

    private func settle(
        _ flight: Flight, _ result: Result<Model, FunctionError>
    ) -> Result<Model, FunctionError> {
        state.withLock { state in
            switch (state, result) {
            case (.loading(let current, _), .success(let model)) where current === flight:
                state = .serving(model)
                return result
            case (.loading(let current, let load), .failure) where current === flight:
                state = .offered(load)
                return result
            case (.serving(let installed), _): return .success(installed)
            default: return result
            }
        }
    }
}
