import Foundation
import Synchronization

/// A program that runs beside this one until it is stopped.
///
/// Started with `posix_spawn` and not with Foundation's process, whose own threads and set-up
/// would be part of every start that is measured.
package final class ChildProgram: Sendable {
    package let identifier: pid_t
    private let output: Int32
    private let isRunning: Mutex<Bool>

    /// How long a program may take to end by itself.
    private static let stopGrace = Duration.seconds(10)
    private static let pollNanoseconds = 5_000_000
    private static let lineBytesMax = 64 << 10

    /// - Parameters:
    ///   - words: The program, looked up in PATH if it has no slash, and its arguments.
    ///   - environment: Added to this process's own.
    /// - Throws: `.program` if it cannot be started.
    package init(_ words: [String], environment: [String: String]) throws(MeasurementError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .last("pipe") }
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        defer { close(ends[1]) }
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (identifier, status) = Self.spawn(
            words, variables.map { "\($0.key)=\($0.value)" }, output: ends[1])
        // Before any property is set: a program that never ran must not be stopped at the end of
        // this value, least of all as the process 0, which means this one and its whole group.
        guard status == 0 else {
            close(ends[0])
            throw MeasurementError(
                .program,
                "\(words.first ?? "") cannot be started: \(String(cString: strerror(status)))")
        }
        self.identifier = identifier
        output = ends[0]
        isRunning = Mutex(true)
    }

    deinit {
        stop()
        close(output)
    }

    private static func spawn(
        _ words: [String], _ environment: [String], output: Int32
    ) -> (pid_t, Int32) {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        // Threads of a pool block signals, and a child that inherits that cannot be stopped.
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var identifier: pid_t = 0
        let status = posix_spawnp(
            &identifier, words.first ?? "", &actions, &attributes, &arguments, &variables)
        return (identifier, status)
    }

    /// The next line that the program prints; nil once it prints no more.
    package func line() -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < Self.lineBytesMax {
            let count = read(output, &byte, 1)
            if count < 0, errno == EINTR { continue }
            if count <= 0, line.isEmpty { return nil }
            guard count > 0, byte != UInt8(ascii: "\n") else { break }
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// Whether the program has ended although nobody stopped it.
    package var hasEnded: Bool {
        isRunning.withLock { isRunning in
            if isRunning, waitpid(identifier, nil, WNOHANG) != 0 { isRunning = false }
            return !isRunning
        }
    }

    /// Ends the program politely and, after a grace, firmly, with the processes that it started.
    package func stop() {
        guard !hasEnded else { return }
        let tree = ProcessTree(of: identifier)
        kill(identifier, SIGTERM)
        let deadline = MonotonicClock.now() + Self.stopGrace.nanoseconds
        while !hasEnded, MonotonicClock.now() < deadline {
            MonotonicClock.sleep(Self.pollNanoseconds)
        }
        guard !hasEnded else { return }
        for process in tree.identifiers.reversed() { kill(process, SIGKILL) }
        isRunning.withLock { isRunning in
            if isRunning { waitpid(identifier, nil, 0) }
            isRunning = false
        }
    }
}
