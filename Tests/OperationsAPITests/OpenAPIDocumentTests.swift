import HTTPCore
import JSON
import Testing

@testable import OperationsAPI

@Suite struct OpenAPIDocumentTests {
    private static func document(_ fixture: OperationsFixture) -> JSONValue {
        let ping = HTTPRoute(
            .get, "/books/{id}/{rest...}", .immediate { _ throws(HTTPError) in .text("") })
        return OpenAPIDocument(
            operations: fixture.api.table,
            ports: [
                .init(url: "http://a:9925", summary: "operations", routes: fixture.api.routes),
                .init(url: "http://a:9926", summary: "functions", routes: [ping]),
            ], version: "1"
        ).value
    }

    @Test func `every name of every operation has a schema`() throws {
        let fixture = try OperationsFixture()

        let document = Self.document(fixture)

        let schemas = try #require(document["components"]?["schemas"]?.objectValue)
        for name in fixture.api.table.operations.flatMap(\.names) {
            #expect(schemas[name]?["properties"]?["operation"] == ["const": .string(name)])
        }
        #expect(
            schemas["operation"]?["oneOf"]?.arrayValue?.count == schemas.count - 1)
    }

    @Test func `every reference leads somewhere`() throws {
        let document = Self.document(try OperationsFixture())

        let references = Self.references(in: document)

        #expect(references.count > 10)
        for reference in references {
            let parts = reference.split(separator: "/").dropFirst().map(String.init)
            #expect(parts.reduce(document) { $0?[$1] } != nil, "\(reference)")
        }
    }

    @Test func `captures become parameters`() throws {
        let document = Self.document(try OperationsFixture())

        let item = document["paths"]?["/books/{id}/{rest}"]

        #expect(item?["parameters"]?.arrayValue?.map { $0["name"] } == ["id", "rest"])
        #expect(item?["get"]?["responses"]?["200"] != nil)
    }

    @Test func `what an operation requires is required in its schema`() throws {
        let document = Self.document(try OperationsFixture())

        let insert = document["components"]?["schemas"]?["insert"]

        #expect(insert?["required"] == ["operation", "table", "records"])
        #expect(insert?["properties"]?["schema"] != nil)
    }

    @Test func `so is what an operation demands in its own words`() throws {
        let document = Self.document(try OperationsFixture())

        #expect(document["components"]?["schemas"]?["sql"]?["required"] == ["operation", "sql"])
    }

    @Test func `what an operation only may have is described and not required`() throws {
        let document = Self.document(try OperationsFixture())

        let search = document["components"]?["schemas"]?["search_by_value"]

        #expect(search?["properties"]?["limit"]?["type"] == ["integer", "null"])
        #expect(search?["required"]?.arrayValue?.contains("limit") == false)
        #expect(document["components"]?["schemas"]?["read_log"]?["properties"]?["level"] != nil)
    }

    private static func references(in value: JSONValue) -> [String] {
        switch value {
        case .array(let elements): elements.flatMap(references)
        case .object(let object):
            object.members.flatMap { name, value in
                name == "$ref" ? [value.stringValue].compactMap(\.self) : references(in: value)
            }
        default: []
        }
    }
}
