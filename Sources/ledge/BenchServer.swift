import Foundation
import Measurement

/// A server that is measured: this program or a peer, as a process of its own.
struct BenchServer: Sendable {
    let name: String
    let port: Int
    /// From the start of the program to its first answer, once it was asked for.
    let startTime: Duration
    private let child: ChildProgram

    static let hello = LoadGenerator.request("GET", "/book-recommender/hello")

    /// What TensorFlow takes to make, save and load its model, and more.
    private static let patience = Duration.seconds(120)
    /// A server rests when it used less than a tenth of a processor in such a time.
    private static let restWindow = 0.3
    private static let restShare = 0.1

    /// Starts a program and waits for its first answer.
    ///
    /// - Parameter words: The program and its arguments, given the port to listen on.
    init(
        _ name: String, answering request: [UInt8] = Self.hello,
        environment: [String: String] = [:], words: (Int) -> [String]
    ) throws {
        self.name = name
        port = try FirstAnswer.freePort()
        let start = ContinuousClock.now
        let child = try ChildProgram(words(port), environment: environment)
        let isThere = FirstAnswer.wait(
            port: port, request: request, patience: Self.patience, unless: { child.hasEnded })
        startTime = ContinuousClock.now - start
        self.child = child
        guard isThere else {
            child.stop()
            throw CommandError("\(name) does not answer")
        }
    }

    func stop() { child.stop() }

    /// The processes as they are now; a server may start workers when it has answered already.
    var processes: ProcessTree { ProcessTree(of: child.identifier) }

    /// Waits until workers have started and caches are filled.
    func settle() {
        let deadline = ContinuousClock.now + Self.patience
        var used = 1.0
        while used > Self.restShare, ContinuousClock.now < deadline {
            used = processorShare(over: Self.restWindow)
        }
    }

    /// Seconds of processors that a second takes, over so many seconds.
    func processorShare(over seconds: Double) -> Double {
        let tree = processes
        let before = tree.processorTime()
        Thread.sleep(forTimeInterval: seconds)
        return (tree.processorTime() - before) / .seconds(seconds)
    }
}
