// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

/// One target of the house: where it lives, the targets beneath it that it may import, what lies
/// in its folder without being compiled, and the files of a web page that become part of the
/// program.
func part(
    _ name: String, at path: String, uses: [String] = [], beside: [String] = [],
    pages: [String] = []
) -> Target {
    .target(
        name: name,
        dependencies: uses.map { .init(stringLiteral: $0) },
        path: path,
        exclude: beside,
        resources: pages.map { .embedInCode($0) },
        swiftSettings: strict)
}

/// The tests of one target, in `Tests/<Target>Tests`.
func tests(of name: String, uses: [String] = [], beside: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: ([name, "TestSupport"] + uses).map { .init(stringLiteral: $0) },
        path: "Tests/\(name)Tests",
        exclude: beside,
        swiftSettings: strict)
}

let package = Package(
    name: "ledge",
    products: [.executable(name: "ledge", targets: ["ledge"])],
    targets: [
        // Layer 0: C, each target behind exactly one of Swift.
        .systemLibrary(
            name: "CSQLite", path: "Sources/CSQLite", pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(
            name: "CSodium", path: "Sources/CSodium", pkgConfig: "libsodium",
            providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CEpoll", path: "Sources/CEpoll"),
        .target(
            name: "CKernels", path: "Models/CKernels",
            exclude: ["least_squares_body.h", "rating_kernels_body.h", "softmax_body.h"]),

        // Layer 1: know nothing of one another.
        part("Telemetry", at: "Sources/Telemetry"),
        part("JSON", at: "Sources/JSON"),
        part("CSV", at: "Sources/CSV"),
        part("Compression", at: "Sources/Compression"),
        part("Identifiers", at: "Models/Identifiers"),
        part("Kernels", at: "Models/Kernels", uses: ["CKernels"]),
        part(
            "Recipes", at: "Models/Recipes",
            pages: [
                "artists.json",
                "books.json",
                "books-protocol.json",
                "goodbooks.json",
                "goodbooks-factors.json",
                "movies.json",
                "ratings-dot.json",
                "ratings-dot-seed.json",
                "ratings-mlp.json",
                "ratings-mlp-seed.json",
                "ratings-relu-seed.json",
                "songs.json",
            ]),
        part("HTTPCore", at: "Sources/HTTPCore"),
        part("Integrity", at: "Sources/Integrity", uses: ["CSodium"]),
        part("SQLite", at: "Sources/SQLite", uses: ["CSQLite"]),

        // Layer 2: the outside world, and the shape of a bundle.
        part(
            "HTTPTransport", at: "Sources/HTTPTransport",
            uses: ["CEpoll", "HTTPCore", "Telemetry"]),
        part("ObjectStorage", at: "Sources/ObjectStorage", uses: ["Integrity"]),
        part("WireFormats", at: "Sources/WireFormats", uses: ["CSV", "JSON"]),
        part("Report", at: "Models/Report", uses: ["JSON"]),
        part(
            "BundleFormat", at: "Models/BundleFormat",
            uses: ["Identifiers", "Integrity", "JSON", "SQLite"]),
        part("Components", at: "Sources/Components", beside: ["README.md"]),

        // Layer 3: what is stored, scored, signed and read.
        part(
            "TableStorage", at: "Sources/TableStorage",
            uses: ["CSV", "Integrity", "JSON", "SQLite", "Telemetry"], beside: ["SQL.md"]),
        part(
            "Retrieval", at: "Models/Retrieval",
            uses: ["BundleFormat", "Identifiers", "JSON", "Kernels"]),
        part("ClusterFeed", at: "Cluster/Feed", uses: ["BundleFormat", "Integrity", "JSON"]),
        part("Datasets", at: "Models/Datasets", uses: ["CSV", "Identifiers", "JSON"]),
        part("Projection", at: "Models/Projection", uses: ["Kernels"]),
        part("Measurement", at: "Sources/Measurement", uses: ["BundleFormat", "JSON"]),

        // Layer 4: the answers a node gives, and the ways models come and go.
        part(
            "OperationsAPI", at: "Sources/OperationsAPI",
            uses: [
                "Components", "Compression", "HTTPCore", "HTTPTransport", "Integrity", "JSON",
                "ObjectStorage", "TableStorage", "Telemetry", "WireFormats",
            ],
            beside: ["HARPERDB.md"]),
        part(
            "FunctionRuntime", at: "Sources/FunctionRuntime",
            uses: ["BundleFormat", "HTTPCore", "JSON", "TableStorage", "Telemetry"]),
        part(
            "Training", at: "Models/Training",
            uses: [
                "BundleFormat", "CSV", "Identifiers", "Integrity", "JSON", "Kernels",
                "Retrieval", "Telemetry",
            ]),
        part(
            "TensorFlowJS", at: "Models/TensorFlowJS",
            uses: ["BundleFormat", "Identifiers", "Integrity", "JSON", "Retrieval"]),
        part(
            "ClusterPublisher", at: "Cluster/Publisher",
            uses: ["BundleFormat", "ClusterFeed", "HTTPCore", "Integrity", "JSON", "Telemetry"]),
        part(
            "ClusterUpdater", at: "Cluster/Updater",
            uses: [
                "BundleFormat", "ClusterFeed", "HTTPCore", "HTTPTransport", "Integrity", "JSON",
                "Telemetry",
            ]),

        // Layers 5 and 6: what a node can be asked.
        part(
            "Recommendation", at: "Functions/Recommendation",
            uses: [
                "BundleFormat", "FunctionRuntime", "HTTPCore", "Identifiers", "JSON", "Retrieval",
                "TableStorage", "Telemetry",
            ]),
        part(
            "RecommendBooks", at: "Functions/RecommendBooks",
            uses: [
                "BundleFormat", "FunctionRuntime", "HTTPCore", "Identifiers", "JSON",
                "Recommendation",
            ],
            beside: ["README.md"],
            pages: ["ui/index.html", "ui/page.css", "ui/page.js"]),

        // Layer 7: everything is tied together here.
        part(
            "NodeRuntime", at: "Sources/NodeRuntime",
            uses: [
                "BundleFormat", "ClusterFeed", "ClusterPublisher", "ClusterUpdater", "Compression",
                "Components", "FunctionRuntime", "HTTPCore", "HTTPTransport", "Integrity", "JSON",
                "OperationsAPI", "RecommendBooks", "Recommendation", "TableStorage",
                "Telemetry",
            ],
            beside: ["SETTINGS.md"]),

        // Layer 8: the command line.
        .executableTarget(
            name: "ledge",
            dependencies: [
                "BundleFormat", "ClusterFeed", "ClusterPublisher", "Datasets", "HTTPCore",
                "HTTPTransport", "Identifiers", "Integrity", "JSON", "Kernels", "Measurement",
                "NodeRuntime", "Projection",
                "Recipes", "Report", "Retrieval", "SQLite", "Telemetry", "TensorFlowJS",
                "Training",
            ],
            path: "Sources/ledge", swiftSettings: strict,
            linkerSettings: [.linkedLibrary("m")]),

        // Tests: one target for each part, then whole nodes, then the rules of the house.
        part("TestSupport", at: "Tests/TestSupport", uses: ["BundleFormat", "JSON", "SQLite"]),
        tests(of: "JSON"),
        tests(of: "Telemetry", uses: ["JSON"]),
        tests(of: "Integrity"),
        tests(of: "CSV"),
        tests(of: "Compression"),
        tests(of: "ObjectStorage"),
        tests(of: "WireFormats", uses: ["JSON"]),
        tests(of: "SQLite"),
        tests(of: "HTTPCore"),
        tests(of: "HTTPTransport", uses: ["HTTPCore", "Telemetry"]),
        tests(of: "Identifiers"),
        tests(of: "Kernels"),
        tests(of: "BundleFormat", uses: ["Integrity", "JSON", "SQLite"]),
        tests(of: "Components"),
        tests(of: "TableStorage", uses: ["JSON", "SQLite", "Telemetry"]),
        tests(
            of: "OperationsAPI",
            uses: [
                "Components", "Compression", "HTTPCore", "HTTPTransport", "JSON", "TableStorage",
                "Telemetry", "WireFormats",
            ]),
        tests(of: "Retrieval", uses: ["BundleFormat", "Identifiers", "JSON", "Kernels"]),
        tests(of: "Datasets", uses: ["CSV", "Identifiers"]),
        tests(of: "Projection", uses: ["Kernels"]),
        tests(
            of: "Measurement",
            uses: ["BundleFormat", "HTTPCore", "HTTPTransport", "JSON", "Telemetry", "Training"]),
        tests(of: "Report", uses: ["JSON"]),
        tests(
            of: "TensorFlowJS",
            uses: ["BundleFormat", "Identifiers", "Integrity", "JSON", "Retrieval"],
            beside: ["Fixtures"]),
        tests(
            of: "Training",
            uses: ["BundleFormat", "Identifiers", "Integrity", "JSON", "Kernels", "Retrieval"]),
        tests(of: "ClusterFeed", uses: ["BundleFormat", "Integrity", "JSON"]),
        tests(
            of: "ClusterPublisher",
            uses: ["BundleFormat", "ClusterFeed", "HTTPCore", "Integrity", "JSON", "Telemetry"]),
        tests(
            of: "ClusterUpdater",
            uses: [
                "BundleFormat", "ClusterFeed", "ClusterPublisher", "HTTPCore", "HTTPTransport",
                "Integrity", "JSON", "Telemetry",
            ]),
        tests(of: "FunctionRuntime", uses: ["HTTPCore", "JSON", "TableStorage"]),
        tests(
            of: "Recommendation",
            uses: [
                "BundleFormat", "FunctionRuntime", "HTTPCore", "Identifiers", "JSON", "Retrieval",
                "TableStorage", "Telemetry",
            ]),
        tests(of: "RecommendBooks", uses: ["BundleFormat", "JSON", "Recommendation"]),
        tests(of: "NodeRuntime", uses: ["JSON", "Telemetry"]),
        .testTarget(
            name: "NodeTests",
            dependencies: [
                "BundleFormat", "ClusterPublisher", "Components", "HTTPCore", "HTTPTransport",
                "JSON", "NodeRuntime", "Telemetry", "TestSupport", "ledge",
            ],
            path: "Tests/NodeTests", swiftSettings: strict),
        .testTarget(
            name: "TidyTests", dependencies: ["TestSupport"], path: "Tests/TidyTests",
            exclude: ["README.md"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6])
