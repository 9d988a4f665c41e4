import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.connectors.HttpConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.harness.Neo4j;
import org.neo4j.harness.Neo4jBuilders;

/**
 * A real Neo4j with passwords on, Bolt and the Query API on free loopback ports, APOC core loaded.
 *
 * <p>{@code java -cp 'lib/*' Neo4jServer.java DATA_FOLDER PLUGIN_FOLDER}. Prints one line when it is ready,
 * {@code ready BOLT_PORT HTTP_PORT}, and ends when its standard input ends, so that it can never outlive the
 * check that started it. Each start is a fresh database whose first login is neo4j/neo4j.
 */
public final class Neo4jServer {
    public static void main(String[] arguments) throws Exception {
        Path data = Files.createDirectories(Path.of(arguments[0]));
        SocketAddress bolt = freeAddress();
        SocketAddress http = freeAddress();
        Neo4j server = Neo4jBuilders.newInProcessBuilder(data)
                .withConfig(GraphDatabaseSettings.auth_enabled, true)
                .withConfig(BoltConnector.listen_address, bolt)
                .withConfig(BoltConnector.advertised_address, bolt)
                .withConfig(HttpConnector.enabled, true)
                .withConfig(HttpConnector.listen_address, http)
                .withConfig(HttpConnector.advertised_address, http)
                .withConfig(GraphDatabaseSettings.plugin_dir, Path.of(arguments[1]).toAbsolutePath())
                .withConfig(GraphDatabaseSettings.procedure_unrestricted, List.of("apoc.*"))
                .build();
        System.out.println("ready " + bolt.getPort() + " " + http.getPort());
        while (System.in.read() >= 0) {
            // Nothing is said to this process; only the end of its input matters.
        }
        Runtime.getRuntime().halt(server == null ? 1 : 0);
    }

    private static SocketAddress freeAddress() throws Exception {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new SocketAddress("127.0.0.1", probe.getLocalPort());
        }
    }
}
