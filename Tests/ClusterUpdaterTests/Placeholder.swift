import Testing

@Suite struct ClusterUpdaterTestsPlaceholder {}
