import Foundation

/// What only the composition root knows of a node, asked anew for each answer.
package struct NodeFacts: Sendable {
    /// A function that was compiled into the program.
    package struct CompiledFunction: Sendable, Hashable {
        package let name: String
        /// Method and path of each route, such as `POST /recommend`.
        package let routes: [String]

        package init(name: String, routes: [String]) {
            self.name = name
            self.routes = routes
        }
    }

    /// One channel of the feed that the node takes its models from.
    package struct FollowedChannel: Sendable, Hashable {
        package var url: String
        package var channel: String
        /// Whether the last contact succeeded.
        package var isOpen: Bool
        package var latencyMilliseconds: Int?
        package var lastContact: Date?
        /// The version that was activated last.
        package var modelVersion: Int?

        package init(
            url: String, channel: String, isOpen: Bool, latencyMilliseconds: Int? = nil,
            lastContact: Date? = nil, modelVersion: Int? = nil
        ) {
            self.url = url
            self.channel = channel
            self.isOpen = isOpen
            self.latencyMilliseconds = latencyMilliseconds
            self.lastContact = lastContact
            self.modelVersion = modelVersion
        }
    }

    let nodeName: String
    let isTrainer: Bool
    let functionsPort: Int
    let functions: @Sendable () -> [CompiledFunction]
    let followed: @Sendable () -> [FollowedChannel]

    package init(
        nodeName: String, isTrainer: Bool, functionsPort: Int,
        functions: @escaping @Sendable () -> [CompiledFunction],
        followed: @escaping @Sendable () -> [FollowedChannel]
    ) {
        self.nodeName = nodeName
        self.isTrainer = isTrainer
        self.functionsPort = functionsPort
        self.functions = functions
        self.followed = followed
    }
}

extension Date {
    /// As JavaScript writes a date into JSON.
    var scriptText: String {
        formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
