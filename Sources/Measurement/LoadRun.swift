import Foundation

/// A load while it runs.
struct LoadRun {
    private let load: LoadGenerator
    private var sockets: [LoadSocket]
    private var watched: [pollfd]
    private var idle: [Int]
    private var sent = 0
    private var report = LoadReport()
    private var latencies: [Int] = []
    private let pace: Pace?
    private let countedFrom: Int
    private let end: Int
    private var received = [UInt8](repeating: 0, count: Self.receivedBytesMax)

    private static let receivedBytesMax = 64 << 10
    /// How long an open loop sleeps when nothing is ready: `poll` knows milliseconds only, which
    /// are too coarse for a pace.
    private static let nap = 50_000
    private static let waitMillisecondsMax: Int32 = 100

    init(_ load: LoadGenerator) throws(MeasurementError) {
        self.load = load
        sockets = []
        for _ in 0..<load.connections { sockets.append(try LoadSocket(port: load.port)) }
        watched = sockets.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        idle = Array(sockets.indices.reversed())
        let now = MonotonicClock.now()
        pace = load.rate.map { Pace(start: now, rate: $0) }
        countedFrom = now + load.warmUp.nanoseconds
        end = countedFrom + load.time.nanoseconds
    }

    func close() { for socket in sockets { socket.close() } }

    mutating func toTheEnd() throws(MeasurementError) -> LoadReport {
        var before: Duration?
        var now = MonotonicClock.now()
        while now < end {
            if before == nil, now >= countedFrom { before = load.processorTime?() ?? .zero }
            try send(now)
            try receive()
            now = MonotonicClock.now()
        }
        if let processorTime = load.processorTime {
            report.processorTime = processorTime() - (before ?? .zero)
        }
        report.latencies = Latencies(nanoseconds: latencies)
        report.answers = latencies.count
        report.seconds = load.time / .seconds(1)
        return report
    }

    private mutating func send(_ now: Int) throws(MeasurementError) {
        while let index = idle.last {
            let due = pace?.due(sent) ?? now
            guard due <= now else { return }
            idle.removeLast()
            try sockets[index].send(load.requests[sent % load.requests.count], due: due)
            sent += 1
        }
    }

    private mutating func receive() throws(MeasurementError) {
        let wait = pace == nil ? Self.waitMillisecondsMax : 0
        let ready = poll(&watched, nfds_t(watched.count), wait)
        guard ready >= 0 || errno == EINTR else { throw .last("poll") }
        guard ready > 0 else {
            if pace != nil { MonotonicClock.sleep(Self.nap) }
            return
        }
        for index in watched.indices where watched[index].revents != 0 { try receive(at: index) }
    }

    private mutating func receive(at index: Int) throws(MeasurementError) {
        switch try sockets[index].receive(into: &received) {
        case .nothing: return
        case .closed:
            report.closedConnections += 1
            let wasIdle = sockets[index].due == nil
            sockets[index].close()
            sockets[index] = try LoadSocket(port: load.port)
            watched[index].fd = sockets[index].descriptor
            if !wasIdle { idle.append(index) }
        case .answer(let status, let due):
            idle.append(index)
            guard status == 200 else {
                report.refusals[status, default: 0] += 1
                return
            }
            let now = MonotonicClock.now()
            if now >= countedFrom, now < end { latencies.append(now - due) }
        }
    }
}
