import Components
import Foundation
import HTTPCore
import TestSupport
import Testing

@testable import NodeRuntime

@Suite struct StaticFileRoutesTests {
    /// A project whose `static` folder holds a style and what nobody may read.
    private struct Fixture {
        let directory: TemporaryDirectory
        let store: ComponentStore
        let router: HTTPRouter

        init() throws {
            directory = try TemporaryDirectory()
            store = try ComponentStore(root: directory.file("components"))
            router = try HTTPRouter(routes: StaticFileRoutes(components: store).routes)
            try store.add(ProjectName("dogs"))
            try write("body {}", to: "static/css/page.css")
            try write("x", to: "static/.env")
        }

        func write(_ text: String, to path: String) throws {
            try store.write(Array(text.utf8), to: ProjectPath(path), of: ProjectName("dogs"))
        }

        func get(_ path: String, fields: HTTPFields = HTTPFields()) throws -> HTTPResponse {
            let request = HTTPRequest(method: .get, path: path, fields: fields)
            switch router.route(request) {
            case .answer(let response): return response
            case .route(let route, let request):
                guard case .waiting(let answer) = route.handler else {
                    throw HTTPError(.internalError, "a file may wait for the disk")
                }
                do throws(HTTPError) {
                    return try answer(request)
                } catch {
                    return error.response
                }
            }
        }
    }

    private func text(_ response: HTTPResponse) throws -> String {
        guard case .pieces(let pieces) = response.body else { return "" }
        var bytes: [UInt8] = []
        while let piece = try pieces.next() { bytes += piece }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a file of the static folder is served with its type`() throws {
        let response = try Fixture().get("/dogs/static/css/page.css")

        #expect(response.status == .ok)
        #expect(response.fields["Content-Type"] == "text/css; charset=utf-8")
        #expect(try text(response) == "body {}")
    }

    @Test(arguments: [
        "/dogs/static/", "/dogs/static/css", "/dogs/static/missing", "/dogs/static/.env",
        "/dogs/static/../README.md", "/dogs/static/css/../../README.md", "/cats/static/page.css",
        "/../static/x", "/dogs/static/a\u{0}b", "/dogs/routes/examples.js", "/dogs/README.md",
    ])
    func `nothing else is there`(path: String) throws {
        #expect(try Fixture().get(path).status == .notFound)
    }

    @Test func `a link out of the static folder is not followed`() throws {
        let fixture = try Fixture()
        try FileManager.default.createSymbolicLink(
            atPath: "\(fixture.store.root)/dogs/static/link", withDestinationPath: "../README.md")

        #expect(try fixture.get("/dogs/static/link").status == .notFound)
    }

    @Test func `a file that a client has is not sent again until it changes`() throws {
        let fixture = try Fixture()
        let tag = try #require(fixture.get("/dogs/static/css/page.css").fields["ETag"])

        #expect(
            try fixture.get("/dogs/static/css/page.css", fields: ["If-None-Match": tag]).status
                == .notModified)
        try fixture.write("p {}", to: "static/css/page.css")
        #expect(
            try fixture.get("/dogs/static/css/page.css", fields: ["If-None-Match": tag]).status
                == .ok)
    }

    @Test func `a deployment does not change a file that is being sent`() throws {
        let fixture = try Fixture()
        let response = try fixture.get("/dogs/static/css/page.css")

        try fixture.store.drop(ProjectName("dogs"))

        #expect(try text(response) == "body {}")
    }
}
