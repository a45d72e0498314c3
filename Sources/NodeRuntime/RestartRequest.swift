import Synchronization

/// The wish that the process begin anew, as an event that one waits for.
///
/// A node cannot restart itself: it asks, and the command that runs it ends it first.
package final class RestartRequest: Sendable {
    private struct State {
        var isMade = false
        var waiting: [AsyncStream<Void>.Continuation] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Asks; asking twice is asking once. Returns at once, so that the answer can still go out.
    package func make() {
        let waiting = state.withLock { state in
            state.isMade = true
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for continuation in waiting { continuation.yield() }
    }

    package var isMade: Bool { state.withLock { $0.isMade } }

    /// Returns when a restart is asked for, at once if it was before, or when the task is
    /// cancelled.
    package func wait() async {
        let (requests, continuation) = AsyncStream<Void>.makeStream()
        let isMade = state.withLock { state in
            if !state.isMade { state.waiting.append(continuation) }
            return state.isMade
        }
        if isMade { return }
        for await _ in requests { return }
    }
}
