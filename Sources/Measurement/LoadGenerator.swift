import Foundation

/// Asks a server of this machine as fast as it answers, or at an even rate.
///
/// One thread holds all connections and keeps each alive; every connection has one request under
/// way at most. Requests are bytes that were made before, so the generator takes little of the
/// processor that it shares with the server.
package struct LoadGenerator: Sendable {
    package var port: Int
    /// Whole requests of HTTP, sent in turn.
    package var requests: [[UInt8]]
    package var connections: Int
    /// Answers of this time at the beginning do not count.
    package var warmUp = Duration.seconds(1)
    package var time = Duration.seconds(3)
    /// Requests a second, to be sent whether or not earlier ones have been answered; nil sends
    /// the next request of a connection when it has its answer.
    package var rate: Double?
    /// What the server's processor time is now, to be read when the counting begins and ends.
    package var processorTime: (@Sendable () -> Duration)?

    /// - Parameter requests: At least one, each at most ``requestBytesMax`` long.
    package init(port: Int, requests: [[UInt8]], connections: Int) {
        precondition(!requests.isEmpty, "a load consists of requests")
        precondition(
            requests.allSatisfy { (1...Self.requestBytesMax).contains($0.count) },
            "a request fits into a socket's buffer")
        precondition((1...Self.connectionsMax).contains(connections), "some connections")
        self.port = port
        self.requests = requests
        self.connections = connections
    }

    /// What a socket of the kernel takes at once.
    package static let requestBytesMax = 16 << 10
    package static let connectionsMax = 1_024

    /// Blocks the thread until the time is over.
    ///
    /// - Throws: `.server` if the server cannot be reached or sends what is no answer.
    package func run() throws(MeasurementError) -> LoadReport {
        var run = try LoadRun(self)
        defer { run.close() }
        return try run.toTheEnd()
    }

    /// A request as the generator sends it.
    package static func request(_ method: String, _ path: String, json: String? = nil) -> [UInt8] {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        if let json {
            text += "Content-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\n"
        }
        return Array((text + "\r\n" + (json ?? "")).utf8)
    }
}

/// What came of a load.
package struct LoadReport: Sendable {
    /// Answers with the status 200 in the counted time.
    package internal(set) var answers = 0
    /// Answers with any other status, from the beginning.
    package internal(set) var refusals: [Int: Int] = [:]
    /// Connections that the server closed, from the beginning; each was opened again.
    package internal(set) var closedConnections = 0
    package internal(set) var seconds = 0.0
    package internal(set) var latencies = Latencies(nanoseconds: [])
    /// Of the server in the counted time, if it was read.
    package internal(set) var processorTime: Duration?

    package var answersPerSecond: Double { seconds > 0 ? Double(answers) / seconds : 0 }

    package var processorTimePerAnswer: Duration? {
        answers > 0 ? processorTime.map { $0 / answers } : nil
    }
}
