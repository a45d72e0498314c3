import Foundation
import Synchronization

/// SIGINT and SIGTERM as an event that a command waits for.
///
/// A signal handler may hardly do anything, so it writes one byte into a pipe, and a thread that
/// may do everything reads it (the self-pipe of D. J. Bernstein).
struct Interruption: Sendable {
    private let signals: AsyncStream<Void>

    /// The writing end of the pipe; a handler cannot be given a context.
    private static let writingEnd = Atomic<Int32>(-1)

    /// From now on both signals end nothing by themselves; the latest value gets them.
    init() {
        signals = AsyncStream { continuation in
            let pipe = Pipe()
            Self.writingEnd.store(pipe.fileHandleForWriting.fileDescriptor, ordering: .releasing)
            for number in [SIGINT, SIGTERM] {
                signal(number) { _ in
                    var byte: UInt8 = 1
                    // A full pipe holds enough signals; there is nobody to tell of another error.
                    _ = write(Interruption.writingEnd.load(ordering: .acquiring), &byte, 1)
                }
            }
            Thread.detachNewThread {
                // Holds both ends open for as long as the process lives.
                while let piece = try? pipe.fileHandleForReading.read(upToCount: 1),
                    !piece.isEmpty
                {
                    continuation.yield()
                }
                withExtendedLifetime(pipe) {}
            }
        }
    }

    /// Returns when the first signal comes.
    func wait() async {
        for await _ in signals { return }
    }
}
