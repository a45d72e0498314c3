import Foundation

/// Why something could not be measured.
package struct MeasurementError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// A system call failed.
        case system
        /// A server cannot be reached, or what it sends is not understood.
        case server
        /// A program cannot be started, or did not become ready.
        case program
    }

    package let code: Code
    package let message: String
    package var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The failure of the call that was made just now on this thread.
    static func last(_ call: String) -> MeasurementError {
        MeasurementError(.system, "\(call): \(String(cString: strerror(errno)))")
    }
}
