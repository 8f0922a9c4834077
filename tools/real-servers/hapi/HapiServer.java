import ca.uhn.fhir.batch2.jobs.export.BulkDataExportProvider;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.model.entity.StorageSettings;
import ca.uhn.fhir.jpa.provider.JpaSystemProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.jpa.test.config.TestR4Config;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** HAPI's JPA server (R4) with an H2 database in memory, as HAPI's own tests configure it, at 127.0.0.1 and the port given. */
public final class HapiServer {
  public static void main(String[] arguments) throws Exception {
    var spring = new AnnotationConfigApplicationContext(TestR4Config.class);
    // A bulk export of patients asks for it.
    spring.getBean(JpaStorageSettings.class).setIndexMissingFields(StorageSettings.IndexEnabledEnum.ENABLED);
    var rest = new RestfulServer(spring.getBean(FhirContext.class));
    rest.setDefaultResponseEncoding(EncodingEnum.JSON);
    rest.setPagingProvider(spring.getBean(DatabaseBackedPagingProvider.class));
    rest.registerProviders(spring.getBean(ResourceProviderFactory.class).createProviders());
    rest.registerProvider(spring.getBean(JpaSystemProvider.class));
    rest.registerProvider(spring.getBean(BulkDataExportProvider.class));

    var jetty = new Server();
    var connector = new ServerConnector(jetty);
    connector.setHost("127.0.0.1");
    connector.setPort(Integer.parseInt(arguments[0]));
    jetty.addConnector(connector);
    var context = new ServletContextHandler("/");
    context.addServlet(new ServletHolder(rest), "/fhir/*");
    jetty.setHandler(context);
    jetty.start();
    jetty.join();
  }
}
