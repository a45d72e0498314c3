import Foundation
import Synchronization

/// Nodes of this machine as child processes, and what they say.
///
/// Every child belongs to this value: ``stopAll()`` ends them politely and, after a grace, firmly.
actor NodeProcesses {
    /// One line of a child's output.
    struct Line: Sendable {
        let node: String
        let text: String
    }

    /// What the nodes print, line by line, on both of their outputs; ends when all have ended.
    nonisolated let lines: AsyncStream<Line>

    private let continuation: AsyncStream<Line>.Continuation
    private let executable: URL
    private var children: [(name: String, process: Process)] = []

    /// How long a node may take to finish its requests before it is killed.
    private static let stopGrace = Duration.seconds(10)
    private static let pollInterval = Duration.milliseconds(20)

    init() throws(CommandError) {
        guard let executable = Bundle.main.executableURL else {
            throw CommandError(
                "the path of this program cannot be found, so no node can be started")
        }
        self.executable = executable
        (lines, continuation) = AsyncStream.makeStream()
    }

    /// Starts `ledge` with these words; its environment is this process's and what is added.
    func start(
        _ name: String, arguments: [String], environment: [String: String]
    ) throws(CommandError) {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .merging(environment) { _, added in added }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe(for: name)
        process.standardError = pipe(for: name)
        do {
            try process.run()
        } catch {
            throw CommandError("the node \(name) cannot be started: \(error.localizedDescription)")
        }
        children.append((name, process))
    }

    /// The names of the nodes that have ended although nobody stopped them.
    var ended: [String] { children.filter { !$0.process.isRunning }.map(\.name) }

    func stopAll() async {
        for child in children where child.process.isRunning { child.process.terminate() }
        let deadline = ContinuousClock.now + Self.stopGrace
        while children.contains(where: { $0.process.isRunning }), ContinuousClock.now < deadline {
            // A cancelled caller still waits: the children must not outlive this process.
            try? await Task.sleep(for: Self.pollInterval)
        }
        for child in children where child.process.isRunning {
            kill(child.process.processIdentifier, SIGKILL)
        }
        children.removeAll()
        continuation.finish()
    }

    private func pipe(for name: String) -> Pipe {
        let pipe = Pipe()
        let splitter = LineSplitter { [continuation] text in
            continuation.yield(Line(node: name, text: text))
        }
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let piece = handle.availableData
            if piece.isEmpty {
                handle.readabilityHandler = nil
                splitter.finish()
            } else {
                splitter.feed(piece)
            }
        }
        return pipe
    }
}

/// Turns pieces of output into whole lines.
private final class LineSplitter: Sendable {
    private let rest = Mutex(Data())
    private let emit: @Sendable (String) -> Void

    /// A node that prints without line ends must not fill the memory.
    private static let lineBytesMax = 64 << 10

    init(emit: @escaping @Sendable (String) -> Void) { self.emit = emit }

    func feed(_ piece: Data) {
        let lines = rest.withLock { rest in
            rest.append(piece)
            var lines: [Data] = []
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(Data(rest[..<end]))
                rest = Data(rest[rest.index(after: end)...])
            }
            if rest.count > Self.lineBytesMax {
                lines.append(rest)
                rest = Data()
            }
            return lines
        }
        for line in lines { emit(String(decoding: line, as: UTF8.self)) }
    }

    func finish() {
        let last = rest.withLock { rest in
            defer { rest = Data() }
            return rest
        }
        if !last.isEmpty { emit(String(decoding: last, as: UTF8.self)) }
    }
}
