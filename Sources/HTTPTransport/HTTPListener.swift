import HTTPCore

/// An address, a port and what is to be found there.
package struct HTTPListener: Sendable {
    /// Numeric: `127.0.0.1`, `0.0.0.0`, `::1`, `::`.
    package let address: String
    /// 0 lets the kernel choose.
    package let port: Int
    package let router: HTTPRouter
    /// Instead of the server's limits, such as larger bodies for operators.
    package let limits: HTTPLimits?

    package init(address: String, port: Int, router: HTTPRouter, limits: HTTPLimits? = nil) {
        self.address = address
        self.port = port
        self.router = router
        self.limits = limits
    }
}
