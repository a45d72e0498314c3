import Foundation
import HTTPCore
import HTTPTransport

/// What bulk operations may reach outside of the store.
package struct BulkAccess: Sendable {
    package typealias Send =
        @Sendable (HTTPClientRequest, _ bodyBytesMax: Int) throws(HTTPClientError)
        -> HTTPClientResponse

    /// Folders, with their real paths, that `csv_file_load` may read.
    package var csvFolders: [String]
    /// Folders, with their real paths, that `export_local` may write; relative paths of a request
    /// start in the first.
    package var exportFolders: [String]
    /// Hosts that `csv_url_load` and object stores of one's own may be on, with their port if it
    /// is not the usual one; a star stands for every host.
    ///
    /// Empty unless the operator names some: whoever may load a table could otherwise make the
    /// node ask what only the node can reach, such as services of its own machine. A name is
    /// allowed as it stands in the address, wherever the name server leads it. Amazon's own hosts
    /// need no permission.
    package var hosts: [String]
    let send: Send
    let now: @Sendable () -> Date

    package init(
        csvFolders: [String], exportFolders: [String], hosts: [String] = [],
        send: @escaping Send, now: @escaping @Sendable () -> Date
    ) {
        self.csvFolders = csvFolders
        self.exportFolders = exportFolders
        self.hosts = hosts
        self.send = send
        self.now = now
    }
}

// MARK: Files

extension BulkAccess {
    /// A file that is loaded in one piece, in bytes.
    private static let fileBytesMax = 2 << 30
    private static let filenameBytesMax = 200

    /// The real path of a file in one of the folders; anything else does not exist for a client.
    func readable(_ path: String) throws(HTTPError) -> String {
        let missing = HTTPError(.badRequest, "No such file or directory \(path)")
        guard path.hasPrefix("/"), !path.contains("\0") else { throw missing }
        let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard csvFolders.contains(where: { real.hasPrefix($0 + "/") }) else { throw missing }
        let attributes = try? FileManager.default.attributesOfItem(atPath: real)
        guard attributes?[.type] as? FileAttributeType == .typeRegular,
            let size = attributes?[.size] as? Int
        else { throw missing }
        guard size <= Self.fileBytesMax else {
            throw HTTPError(
                .badRequest, "the file has \(size) bytes, the limit is \(Self.fileBytesMax)")
        }
        return real
    }

    /// The real path of a folder that may be written; anything else does not exist for a client.
    func writable(_ path: String) throws(HTTPError) -> String {
        let missing = HTTPError(.badRequest, "path '\(path)' does not exist")
        guard !path.contains("\0"), let home = exportFolders.first else { throw missing }
        let whole = path.hasPrefix("/") ? path : "\(home)/\(path)"
        let real = URL(fileURLWithPath: whole).standardizedFileURL.resolvingSymlinksInPath().path
        guard exportFolders.contains(where: { real == $0 || real.hasPrefix($0 + "/") }) else {
            throw missing
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: real, isDirectory: &isFolder) else {
            throw missing
        }
        guard isFolder.boolValue else {
            throw HTTPError(
                .badRequest,
                "path '\(path)' is not a directory, please supply a valid folder path")
        }
        return real
    }

    /// A name for an export: the client's, or the time, with the format behind it.
    func filename(_ wanted: String?, format: String) throws(HTTPError) -> String {
        guard let wanted, !wanted.isEmpty else {
            return "\(Int64(now().timeIntervalSince1970 * 1_000)).\(format)"
        }
        let isName =
            !wanted.hasPrefix(".") && wanted.utf8.count <= Self.filenameBytesMax
            && !wanted.utf8.contains { $0 == UInt8(ascii: "/") || $0 < 0x20 }
        guard isName else {
            throw HTTPError(
                .badRequest,
                "'filename' is a name without slashes of at most \(Self.filenameBytesMax) bytes")
        }
        return wanted.hasSuffix(".\(format)") ? wanted : "\(wanted).\(format)"
    }
}

// MARK: Hosts

extension BulkAccess {
    /// A body that is loaded from another host, in bytes.
    static let downloadBytesMax = 256 << 20

    /// - Throws: 400 if the address is none, or on a host that is not allowed.
    func allowed(_ address: String) throws(HTTPError) -> HTTPURL {
        let url = try HTTPURL(address)
        let isNamed = hosts.contains { entry in
            entry == "*" || entry.lowercased() == url.authority.lowercased()
        }
        guard isNamed else {
            throw HTTPError(
                .badRequest,
                "The host \(url.authority) is not among those that may be asked; the setting "
                    + "ledge.loadHosts names them.")
        }
        return url
    }
}
