/// Version of the tools and libraries.
public let vmirVersion = "0.1.0"
