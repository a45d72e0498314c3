import Glibc

/// A socket that listens at a path, and its file (unix(7)).
struct DomainSocket {
    let descriptor: Int32
    let file: DomainSocketFile

    private static let ownerOnly: mode_t = 0o600

    /// Opens one at a path where nobody listens.
    ///
    /// Starts are serialised by a lock on the directory: between another server's `bind` and its
    /// `listen` its file looks like that of a dead one.
    static func open(
        path: String, backlog: Int32
    ) throws(HTTPTransportError) -> DomainSocket {
        let address = try address(of: path)
        do throws(SystemError) {
            let lock = try lockDirectory(of: path)
            defer { close(lock) }
            try removeStale(path, address)
            return try bound(to: path, address, backlog: backlog)
        } catch {
            switch error.number {
            case EADDRINUSE:
                throw HTTPTransportError(
                    .addressInUse, "Another process listens on \(path).", cause: error)
            case EEXIST:
                throw HTTPTransportError(
                    .invalidAddress, "\(path) is there already and is no socket.", cause: error)
            default:
                throw HTTPTransportError(.socket, "Cannot listen on \(path).", cause: error)
            }
        }
    }

    private static func address(of path: String) throws(HTTPTransportError) -> SocketAddress {
        let bytesMax = SocketAddress.pathBytesMax
        guard let address = SocketAddress(path: path) else {
            throw HTTPTransportError(
                .invalidAddress,
                "The path of a domain socket has 1 to \(bytesMax) bytes and none of them is "
                    + "zero; \(path) has \(path.utf8.count).")
        }
        return address
    }

    private static func lockDirectory(of path: String) throws(SystemError) -> Int32 {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError.last("open \(directory)") }
        guard retrying({ flock(descriptor, LOCK_EX) }) == 0 else {
            let error = SystemError.last("flock \(directory)")
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Removes the socket of a process that is gone; never anything else.
    private static func removeStale(
        _ path: String, _ address: SocketAddress
    ) throws(SystemError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw SystemError(call: "bind", number: EEXIST)
        }
        let probe = try unconnected()
        defer { close(probe) }
        // Only a refusal says that nobody listens: a full queue, for one, says the opposite.
        guard address.withPointer({ connect(probe, $0, $1) }) != 0, errno == ECONNREFUSED else {
            throw SystemError(call: "bind", number: EADDRINUSE)
        }
        guard unlink(path) == 0 else { throw SystemError.last("unlink") }
    }

    private static func bound(
        to path: String, _ address: SocketAddress, backlog: Int32
    ) throws(SystemError) -> DomainSocket {
        let descriptor = try unconnected()
        var file: DomainSocketFile?
        do throws(SystemError) {
            guard address.withPointer({ bind(descriptor, $0, $1) }) == 0 else {
                throw SystemError.last("bind")
            }
            let own = try DomainSocketFile(path: path)
            file = own
            // Nobody can connect before `listen`, so nobody meets a wider mode.
            guard chmod(path, ownerOnly) == 0 else { throw SystemError.last("chmod") }
            guard listen(descriptor, backlog) == 0 else { throw SystemError.last("listen") }
            return DomainSocket(descriptor: descriptor, file: own)
        } catch {
            file?.remove()
            close(descriptor)
            throw error
        }
    }

    private static func unconnected() throws(SystemError) -> Int32 {
        let type = Int32(
            SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw SystemError.last("socket") }
        return descriptor
    }
}

/// The file of a domain socket, known by its inode: another server's at the same path is not it.
struct DomainSocketFile: Sendable {
    private let path: String
    private let device: dev_t
    private let inode: ino_t

    fileprivate init(path: String) throws(SystemError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw SystemError.last("lstat") }
        self.path = path
        device = status.st_dev
        inode = status.st_ino
    }

    /// A file that cannot be removed is replaced by the next server at this path.
    func remove() {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else {
            return
        }
        unlink(path)
    }
}
