import HTTPCore

/// A place where clients come, and what is to be found there.
package struct HTTPListener: Sendable {
    /// Where the clients come.
    package enum Endpoint: Sendable, Hashable {
        /// A numeric address: `127.0.0.1`, `0.0.0.0`, `::1`, `::`; port 0 lets the kernel choose.
        case internet(address: String, port: Int)
        /// A file that only processes of the same user may open.
        case domainSocket(path: String)
    }

    /// What the kernel takes of a domain socket's path (unix(7)).
    package static let unixPathBytesMax = SocketAddress.pathBytesMax

    package let endpoint: Endpoint
    package let router: HTTPRouter
    /// Instead of the server's limits, such as larger bodies for operators.
    package let limits: HTTPLimits?

    package init(address: String, port: Int, router: HTTPRouter, limits: HTTPLimits? = nil) {
        endpoint = .internet(address: address, port: port)
        self.router = router
        self.limits = limits
    }

    /// A Unix domain socket, which is a file of mode 0600 while the server runs.
    ///
    /// The file of a server that died is replaced; that of one that lives is not.
    package init(unixPath: String, router: HTTPRouter, limits: HTTPLimits? = nil) {
        endpoint = .domainSocket(path: unixPath)
        self.router = router
        self.limits = limits
    }
}
