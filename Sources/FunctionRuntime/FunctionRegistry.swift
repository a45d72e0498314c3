import HTTPCore

/// The functions of a node, by project name.
package struct FunctionRegistry: Sendable {
    package let functions: [any CustomFunction]

    /// - Throws: `.badRequest` if a name is unsafe or given twice.
    package init(_ functions: [any CustomFunction]) throws(FunctionError) {
        var names: Set<String> = []
        for function in functions {
            guard Self.isValid(function.name) else {
                // HarperDB's words, which its tools expect.
                throw FunctionError(
                    .badRequest,
                    "Project name can only contain alphanumeric, dash and underscores characters")
            }
            guard names.insert(function.name).inserted else {
                throw FunctionError(.badRequest, "two functions are called \(function.name)")
            }
        }
        self.functions = functions
    }

    /// Every function's routes under its name.
    package var routes: [HTTPRoute] {
        functions.flatMap { function in
            function.routes.map { route in
                HTTPRoute(route.method, "/\(function.name)\(route.pattern)", route.handler)
            }
        }
    }

    package var models: [ModelBinding] { functions.flatMap(\.models) }

    private static func isValid(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
