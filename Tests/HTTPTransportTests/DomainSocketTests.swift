import Foundation
import HTTPCore
import HTTPTransport
import Telemetry
import TestSupport
import Testing

@Suite struct DomainSocketTests {
    /// A directory of the test's own whose name is short enough for a socket in it: the system's
    /// directory for temporary files may lie deeper than the 107 bytes of a socket's path allow.
    private final class Folder: Sendable {
        let path = "/tmp/ledge-\(UUID().uuidString.prefix(8))"

        init() throws {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: false)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private static let routes: [HTTPRoute] = [
        HTTPRoute(
            .get, "/who",
            .immediate { request throws(HTTPError) in
                .text("\(request.isFromDomainSocket) \(request.isFromLoopback)")
            })
    ]

    private static func server(
        at path: String, loops: Int = 2, port: Int? = nil
    ) throws -> HTTPServer {
        let router = try HTTPRouter(routes: routes)
        let more = port.map { [HTTPListener(address: "127.0.0.1", port: $0, router: router)] }
        return HTTPServer(
            listeners: [HTTPListener(unixPath: path, router: router)] + (more ?? []),
            configuration: ServerFixture.configuration { $0.loops = loops }, log: .silent,
            metrics: Metrics())
    }

    private static func code(of start: @autoclosure () throws -> [Int]) -> HTTPTransportError.Code?
    {
        #expect(throws: HTTPTransportError.self) { try start() }?.code
    }

    @Test func `a request through the socket says where it comes from`() async throws {
        let folder = try Folder()
        let server = try Self.server(at: folder.path + "/s", port: 0)
        let ports = try server.start()
        #expect(ports[0] == 0)

        for _ in 0..<5 {
            let client = try RawClient(unixPath: folder.path + "/s")
            try client.send(get("/who"))
            #expect(try client.answer().body == "true false")
        }
        let other = try RawClient(port: ports[1])
        try other.send(get("/who"))
        #expect(try other.answer().body == "false true")

        await server.shutdown(grace: .zero)
    }

    @Test func `only the owner may open the socket, and it is gone after a shutdown`() async throws
    {
        let folder = try Folder()
        let path = folder.path + "/s"
        let server = try Self.server(at: path)
        _ = try server.start()

        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        await server.shutdown(grace: .zero)

        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `a socket at which a server lives is refused and stays`() async throws {
        let folder = try Folder()
        let path = folder.path + "/s"
        let first = try Self.server(at: path)
        _ = try first.start()

        #expect(Self.code(of: try Self.server(at: path).start()) == .addressInUse)

        let client = try RawClient(unixPath: path)
        try client.send(get("/who"))
        #expect(try client.answer().status == 200)
        await first.shutdown(grace: .zero)
    }

    @Test func `the socket of a process that died is replaced`() async throws {
        let folder = try Folder()
        let path = folder.path + "/s"
        try RawClient.leaveStaleSocket(at: path)
        let server = try Self.server(at: path)

        _ = try server.start()

        let client = try RawClient(unixPath: path)
        try client.send(get("/who"))
        #expect(try client.answer().status == 200)
        await server.shutdown(grace: .zero)
    }

    @Test func `a file that is no socket is left alone`() throws {
        let folder = try Folder()
        let path = folder.path + "/s"
        try Data([1, 2]).write(to: URL(fileURLWithPath: path))

        #expect(Self.code(of: try Self.server(at: path).start()) == .invalidAddress)

        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([1, 2]))
    }

    @Test func `a shutdown leaves another server's socket at the same path`() async throws {
        let folder = try Folder()
        let path = folder.path + "/s"
        let first = try Self.server(at: path)
        _ = try first.start()
        try FileManager.default.removeItem(atPath: path)
        let second = try Self.server(at: path)
        _ = try second.start()

        await first.shutdown(grace: .zero)

        let client = try RawClient(unixPath: path)
        try client.send(get("/who"))
        #expect(try client.answer().status == 200)
        await second.shutdown(grace: .zero)
    }

    @Test func `a path as long as the kernel takes is served and a longer one is refused`()
        async throws
    {
        let folder = try Folder()
        let longest = folder.path + "/" + String(repeating: "s", count: 106 - folder.path.count)
        let server = try Self.server(at: longest)
        _ = try server.start()
        await server.shutdown(grace: .zero)

        let error = #expect(throws: HTTPTransportError.self) {
            try Self.server(at: longest + "s").start()
        }

        #expect(error?.code == .invalidAddress)
        #expect(error?.message.contains("107") == true)
    }

    @Test func `a folder that is not there is an error and nothing stays open`() throws {
        let folder = try Folder()

        #expect(Self.code(of: try Self.server(at: folder.path + "/no/s").start()) == .socket)
    }

    @Test func `a start that fails later removes the socket`() throws {
        let folder = try Folder()
        let path = folder.path + "/s"
        let router = try HTTPRouter(routes: Self.routes)
        let server = HTTPServer(
            listeners: [
                HTTPListener(unixPath: path, router: router),
                HTTPListener(address: "no address", port: 0, router: router),
            ],
            configuration: ServerFixture.configuration { _ in }, log: .silent, metrics: Metrics())

        #expect(throws: HTTPTransportError.self) { try server.start() }

        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
