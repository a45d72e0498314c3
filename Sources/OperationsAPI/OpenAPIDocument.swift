import HTTPCore
import JSON

/// Both ports of a node as an OpenAPI 3.1 document, made from what answers there.
///
/// Operations come from the operation table and everything else from the routes, so the document
/// cannot name what does not exist or forget what does.
package struct OpenAPIDocument: Sendable {
    /// One port: where it is and which routes answer there.
    package struct Port: Sendable {
        let url: String
        let summary: String
        let routes: [HTTPRoute]

        package init(url: String, summary: String, routes: [HTTPRoute]) {
            self.url = url
            self.summary = summary
            self.routes = routes
        }
    }

    private let operations: [Operation]
    private let ports: [Port]
    private let version: String

    package init(operations: OperationTable, ports: [Port], version: String) {
        self.operations = operations.operations
        self.ports = ports
        self.version = version
    }

    package var value: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Ledge", "version": .string(version),
                "license": ["name": "MIT", "identifier": "MIT"],
                "description":
                    "A table store with HarperDB's operations API, and custom functions.",
            ],
            "servers": .array(ports.map(Self.server)),
            "paths": .object(paths),
            "components": [
                "schemas": .object(schemas), "responses": ["refusal": Self.refusal],
                "securitySchemes": [
                    "basic": ["type": "http", "scheme": "basic"],
                    "token": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"],
                ],
            ],
        ]
    }

    private static func server(_ port: Port) -> JSONValue {
        ["url": .string(port.url), "description": .string(port.summary)]
    }

    private static let refusal: JSONValue = [
        "description": "The request is refused, and why.",
        "content": [
            "application/json": [
                "schema": [
                    "type": "object", "required": ["error"],
                    "properties": ["error": ["type": "string"]],
                ]
            ]
        ],
    ]
}

// MARK: Paths

extension OpenAPIDocument {
    /// A path that answers on several ports stands there once, with all of them as servers.
    private var paths: JSONObject {
        var paths = JSONObject()
        for port in ports {
            for route in port.routes {
                let (path, parameters) = Self.path(of: route.pattern)
                var item = paths[path]?.objectValue ?? [:]
                var servers = item["servers"]?.arrayValue ?? []
                if !servers.contains(Self.server(port)) { servers.append(Self.server(port)) }
                item["servers"] = .array(servers)
                if !parameters.isEmpty { item["parameters"] = .array(parameters) }
                item[route.method.rawValue.lowercased()] = answer(of: route)
                paths[path] = .object(item)
            }
        }
        return paths
    }

    private func answer(of route: HTTPRoute) -> JSONValue {
        var answer: JSONObject = [
            "responses": [
                "200": ["description": "The answer."],
                "default": ["$ref": "#/components/responses/refusal"],
            ]
        ]
        guard route.method == .post else { return .object(answer) }
        let isOperations = route.pattern == "/"
        let body: JSONValue =
            isOperations ? ["$ref": "#/components/schemas/operation"] : ["type": "object"]
        answer["requestBody"] = [
            "required": true, "content": ["application/json": ["schema": body]],
        ]
        if isOperations { answer["security"] = [["basic": []], ["token": []], [:]] }
        return .object(answer)
    }

    /// The pattern in OpenAPI's spelling, and its captures.
    private static func path(of pattern: String) -> (path: String, parameters: [JSONValue]) {
        let segments = pattern.split(separator: "/", omittingEmptySubsequences: false)
            .map { String($0).replacing("...}", with: "}") }
        let parameters = segments.filter { $0.hasPrefix("{") && $0.hasSuffix("}") }
            .map { segment -> JSONValue in
                [
                    "name": .string(String(segment.dropFirst().dropLast())), "in": "path",
                    "required": true, "schema": ["type": "string"],
                ]
            }
        return (segments.joined(separator: "/"), parameters)
    }
}

// MARK: Operations

extension OpenAPIDocument {
    private var names: [(name: String, operation: Operation)] {
        operations.flatMap { operation in operation.names.map { ($0, operation) } }
            .sorted { $0.0 < $1.0 }
    }

    private var schemas: JSONObject {
        var schemas = JSONObject()
        let references = names.map { "#/components/schemas/\($0.name)" }
        schemas["operation"] = [
            "oneOf": .array(references.map { ["$ref": .string($0)] }),
            "discriminator": [
                "propertyName": "operation",
                "mapping": .object(
                    JSONObject(zip(names, references).map { ($0.name, .string($1)) })),
            ],
        ]
        for (name, operation) in names {
            schemas[name] = Self.schema(name, operation)
        }
        return schemas
    }

    private static func schema(_ name: String, _ operation: Operation) -> JSONValue {
        var properties: JSONObject = ["operation": ["const": .string(name)]]
        var required: [JSONValue] = ["operation"]
        var choices: [JSONValue] = []
        for field in operation.fields {
            for spelling in field.names { properties[spelling] = field.schema }
        }
        for field in operation.required + operation.demanded {
            if field.names.count == 1 {
                required.append(.string(field.names[0]))
            } else {
                let spellings = field.names.map { JSONValue.array([.string($0)]) }
                choices.append(["anyOf": .array(spellings.map { ["required": $0] })])
            }
        }
        var schema: JSONObject = [
            "type": "object", "description": .string(operation.access.summary),
            "properties": .object(properties), "required": .array(required),
        ]
        if !choices.isEmpty { schema["allOf"] = .array(choices) }
        return .object(schema)
    }
}

extension Operation.Access {
    /// Who may ask, as a sentence.
    fileprivate var summary: String {
        switch self {
        case .nobody: "Needs no login."
        case .everyRole: "Open to every role."
        case .permission: "Open to roles with a permission for what it touches."
        case .structure: "Open to super users and structure users."
        case .superUser: "Open to super users."
        }
    }
}

extension OperationRequest.Field {
    /// The JSON Schema of the member's value.
    fileprivate var schema: JSONValue {
        switch self {
        case .records, .conditions, .subscriptions, .connections, .attributes:
            ["type": "array", "items": ["type": "object"]]
        case .ids: ["type": "array", "items": ["type": ["string", "number"]]]
        case .getAttributes, .searchValues, .routes: ["type": "array"]
        case .limit, .offset, .start, .port, .timeout: ["type": ["integer", "null"], "minimum": 0]
        case .reverse, .active, .audit, .skipNodeModules, .skipSymlinks, .exactCount:
            ["type": "boolean"]
        case .sort, .permission, .s3, .searchOperation, .passthroughHeaders: ["type": "object"]
        // HarperDB takes several kinds here.
        case .value, .restart, .expiresIn, .from, .to, .until, .timestamp: [:]
        case .expiration: ["type": "number", "exclusiveMinimum": 0]
        case .database, .table: ["type": ["string", "integer"]]
        default: ["type": "string"]
        }
    }
}
