import Foundation
import Synchronization

/// SIGINT and SIGTERM as an event that commands wait for.
///
/// A signal handler may hardly do anything, so it writes one byte into a pipe, and a thread that
/// may do everything reads it (the self-pipe of D. J. Bernstein). There is one for the process:
/// whoever waits is told, and whoever comes later learns that it has happened.
final class Interruption: Sendable {
    /// From the first use on, both signals end nothing by themselves.
    static let shared = Interruption()

    private struct State {
        var hasHappened = false
        var waiting: [AsyncStream<Void>.Continuation] = []
    }

    private let state = Mutex(State())
    private let pipe = Pipe()

    /// The writing end of the pipe; a handler cannot be given a context.
    private static let writingEnd = Atomic<Int32>(-1)

    private init() {
        Self.writingEnd.store(pipe.fileHandleForWriting.fileDescriptor, ordering: .releasing)
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in
                var byte: UInt8 = 1
                // A full pipe holds enough signals; there is nobody to tell of another error.
                _ = write(Interruption.writingEnd.load(ordering: .acquiring), &byte, 1)
            }
        }
        Thread.detachNewThread { [self] in
            while let piece = try? pipe.fileHandleForReading.read(upToCount: 1), !piece.isEmpty {
                tell()
            }
        }
    }

    /// Whether a signal has come.
    var hasHappened: Bool { state.withLock { $0.hasHappened } }

    /// Returns when the first signal comes, at once if it came before.
    func wait() async {
        let (signals, continuation) = AsyncStream<Void>.makeStream()
        let isOver = state.withLock { state in
            if !state.hasHappened { state.waiting.append(continuation) }
            return state.hasHappened
        }
        if isOver { return }
        for await _ in signals { return }
    }

    private func tell() {
        let waiting = state.withLock { state in
            state.hasHappened = true
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for continuation in waiting { continuation.yield() }
    }
}
