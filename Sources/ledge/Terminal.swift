import Foundation

/// What the person at the keyboard sees.
enum Terminal {
    /// Whether standard error is a terminal, where a line can be drawn over.
    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    static func error(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

    /// Prints a line at once, also into a pipe that somebody reads line by line.
    static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}
