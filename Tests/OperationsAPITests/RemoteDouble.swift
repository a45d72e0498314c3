import HTTPCore
import HTTPTransport
import Synchronization

@testable import OperationsAPI

/// Hosts that give one answer to everything and keep what they were asked.
final class RemoteDouble: Sendable {
    private struct State {
        var requests: [HTTPClientRequest] = []
        var answer = HTTPClientResponse(status: .notFound, fields: [:], body: [])
        var meanwhile: @Sendable () -> Void = {}
    }

    private let state = Mutex(State())

    var requests: [HTTPClientRequest] { state.withLock { $0.requests } }

    func answer(_ status: HTTPStatus = .ok, _ fields: HTTPFields = [:], _ body: String) {
        let answer = HTTPClientResponse(status: status, fields: fields, body: Array(body.utf8))
        state.withLock { $0.answer = answer }
    }

    /// Does this before each answer, while the job that asks is running.
    func meanwhile(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.meanwhile = body }
    }

    var send: BulkAccess.Send {
        { [self] request, _ throws(HTTPClientError) in
            state.withLock { $0.meanwhile }()
            return state.withLock { state in
                state.requests.append(request)
                return state.answer
            }
        }
    }
}
