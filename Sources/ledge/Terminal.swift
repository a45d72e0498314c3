import Foundation

/// What the person at the keyboard sees.
enum Terminal {
    /// Whether standard error is a terminal, where a line can be drawn over.
    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    static func error(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Prints a line at once, also into a pipe that somebody reads line by line.
    static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// Gives the three streams something to be, so that no file is opened in their place.
    static func holdStreams() {
        for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) < 0 {
            // The lowest number that is free is this one.
            _ = open("/dev/null", O_RDWR)
        }
    }

    /// Lets the command go on when whoever read its output has gone.
    static func outliveReaders() { signal(SIGPIPE, SIG_IGN) }

    /// Text that nobody can read any more is lost, and the work goes on: it is in files.
    private static func write(_ text: String, to stream: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Foundation.write(stream, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
