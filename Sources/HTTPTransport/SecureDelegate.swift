import Dispatch
import Foundation
import FoundationNetworking
import HTTPCore
import Synchronization

/// What URLSession has reported of one exchange, for the thread that waits.
///
/// URLSession cannot be held back, so pieces that are not fetched yet lie here; the limit on the
/// body bounds them.
final class SecureEvents: Sendable {
    enum Event: Sendable {
        case head(HTTPResponseHead)
        case piece([UInt8])
        case end(URLError?)
    }

    private let events = Mutex<[Event]>([])
    private let available = DispatchSemaphore(value: 0)

    func add(_ event: Event) {
        events.withLock { $0.append(event) }
        available.signal()
    }

    /// Nil if nothing came in time.
    func next(until deadline: MonotonicTime) -> Event? {
        let milliseconds = MonotonicTime.now().millisecondsUntil(deadline)
        let timeout = DispatchTime.now() + .milliseconds(Int(milliseconds))
        guard available.wait(timeout: timeout) == .success else { return nil }
        return events.withLock { $0.removeFirst() }
    }
}

/// Sorts URLSession's callbacks by exchange. A subclass because URLSession asks for one.
final class SecureDelegate: NSObject, URLSessionDataDelegate {
    private let watched = Mutex<[Int: SecureEvents]>([:])

    func watch(_ task: URLSessionTask, _ events: SecureEvents) {
        watched.withLock { $0[task.taskIdentifier] = events }
    }

    func forget(_ task: URLSessionTask) {
        watched.withLock { $0[task.taskIdentifier] = nil }
    }

    private func events(of task: URLSessionTask) -> SecureEvents? {
        watched.withLock { $0[task.taskIdentifier] }
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        guard let response = response as? HTTPURLResponse else { return completionHandler(.cancel) }
        var fields = HTTPFields()
        for (name, value) in response.allHeaderFields {
            guard let name = name as? String, let value = value as? String else { continue }
            fields.append(name, value)
        }
        let head = HTTPResponseHead(
            status: HTTPStatus(response.statusCode), fields: fields, framing: .untilClose,
            keepsAlive: false)
        events(of: dataTask)?.add(.head(head))
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        events(of: dataTask)?.add(.piece(Array(data)))
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
    ) {
        events(of: task)?.add(.end(error.map { $0 as? URLError ?? URLError(.unknown) }))
    }

    /// A redirect is an answer like others.
    func urlSession(
        _ session: URLSession, task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
        completionHandler: @escaping (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }
}
