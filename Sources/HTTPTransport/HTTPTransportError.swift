import Glibc

/// Why the server could not be started.
package struct HTTPTransportError: Error, Sendable {
    /// What was being done.
    package enum Code: Sendable {
        /// The address is not a numeric one.
        case invalidAddress
        /// Somebody else listens there already.
        case addressInUse
        case socket
        case eventLoop
        /// `start` was called on a server that runs or has run.
        case alreadyStarted
    }

    package let code: Code
    package let message: String
    package let cause: SystemError?

    init(_ code: Code, _ message: String, cause: SystemError? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

/// A failed system call with its number and name.
package struct SystemError: Error, Sendable, CustomStringConvertible {
    package let call: String
    package let number: Int32

    /// The failure of the call that was made just now on this thread.
    static func last(_ call: String) -> SystemError { SystemError(call: call, number: errno) }

    package var description: String {
        // The buffer's size is what the manual of strerror_r suggests as enough.
        let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress, strerror_r(number, base, buffer.count) == 0 else {
                return "error"
            }
            return String(cString: base)
        }
        return "\(call): \(text) (\(number))"
    }
}

/// Repeats a system call that a signal interrupted.
@inline(__always)
func retrying<Number: BinaryInteger>(_ call: () -> Number) -> Number {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}
