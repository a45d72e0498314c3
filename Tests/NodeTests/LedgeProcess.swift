import Foundation
import HTTPCore
import HTTPTransport
import JSON
import Synchronization

/// The real program as a child process, to be killed at will.
final class LedgeProcess: Sendable {
    /// What a node says when it is ready.
    private struct Ready {
        let line: String
        let ports: [Int]
    }

    private let identifier: Int32
    private let ended = DispatchGroup()
    private let output: FileHandle
    private let ready: Mutex<Ready>
    private let exitCode: ExitCode

    private final class ExitCode: Sendable {
        let value = Atomic<Int32>(-1)
    }

    struct NotBuilt: Error, CustomStringConvertible {
        let description = "the program 'ledge' is not beside the tests; build the package first"
    }

    struct NotReady: Error {}

    /// Starts `ledge serve` on ports of its own and returns when it says that it is ready.
    init(root: String, _ words: [String] = []) throws {
        let process = Process()
        process.executableURL = try Self.executable()
        process.arguments =
            ["serve", "--root", root, "--operations-port", "0", "--functions-port", "0"] + words
        process.environment = [
            "HDB_ADMIN_USERNAME": ClusterFixture.login.username,
            "HDB_ADMIN_PASSWORD": ClusterFixture.login.password,
        ]
        process.standardError = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        output = pipe.fileHandleForReading
        let (ended, exitCode) = (self.ended, ExitCode())
        self.exitCode = exitCode
        ended.enter()
        process.terminationHandler = { process in
            exitCode.value.store(process.terminationStatus, ordering: .releasing)
            ended.leave()
        }
        try process.run()
        identifier = process.processIdentifier
        guard let ready = Self.ready(from: output) else {
            kill(process.processIdentifier, SIGKILL)
            throw NotReady()
        }
        self.ready = Mutex(ready)
    }

    var operationsPort: Int { ready.withLock { $0.ports[0] } }
    var functionsPort: Int { ready.withLock { $0.ports[1] } }

    /// Returns what the process says when it is ready once more, after it was told to restart.
    func waitUntilReadyAgain() throws -> String {
        guard let next = Self.ready(from: output) else { throw NotReady() }
        ready.withLock { $0 = next }
        return next.line
    }

    /// Asks the process to end and returns how it did.
    func terminate() -> Int32 {
        kill(identifier, SIGTERM)
        ended.wait()
        return exitCode.value.load(ordering: .acquiring)
    }

    deinit { kill(identifier, SIGKILL) }

    /// Ends the process without a word, as a power cut would, and waits until it is gone.
    func killAtOnce() {
        kill(identifier, SIGKILL)
        ended.wait()
    }

    func operation(_ operation: JSONValue, client: HTTPClient) throws -> HTTPClientResponse {
        let login = ClusterFixture.login
        let word = Data("\(login.username):\(login.password)".utf8).base64EncodedString()
        return try client.send(
            HTTPClientRequest(
                .post, "http://127.0.0.1:\(operationsPort)/",
                fields: ["Authorization": "Basic \(word)"], body: operation.encoded()))
    }

    private static func executable() throws -> URL {
        let tests = URL(fileURLWithPath: CommandLine.arguments[0])
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let places = [
            tests.deletingLastPathComponent().appendingPathComponent("ledge"),
            root.appendingPathComponent(".build/debug/ledge"),
        ]
        let isThere = { (url: URL) in FileManager.default.isExecutableFile(atPath: url.path) }
        guard let found = places.first(where: isThere) else { throw NotBuilt() }
        return found
    }

    private static func ready(from output: FileHandle) -> Ready? {
        let line = line(from: output)
        let ports = line.split(separator: " ").compactMap { word in
            word.split(separator: ":").last.flatMap { Int($0) }
        }
        return ports.count == 2 ? Ready(line: line, ports: ports) : nil
    }

    private static func line(from handle: FileHandle) -> String {
        var line = Data()
        while let byte = try? handle.read(upToCount: 1), byte.first != nil,
            byte.first != UInt8(ascii: "\n")
        {
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }
}
