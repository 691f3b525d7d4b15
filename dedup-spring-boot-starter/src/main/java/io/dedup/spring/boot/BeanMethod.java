package io.dedup.spring.boot;

/** The bean method that an application with a container factory of its own is to write. */
final class BeanMethod {

    private static final String TEXT = """
            declare it as the library's class, keep what you set on it, and all else as it is:

                @Bean
                %1$sRabbitListenerContainerFactory %3$s(
                        Protection protection,
                        %2$sRabbitListenerContainerFactoryConfigurer configurer,
                        ConnectionFactory connectionFactory) {
                    var factory = new %1$sRabbitListenerContainerFactory(protection);
                    configurer.configure(factory, connectionFactory);
                    return factory;
                }

            """;

    private BeanMethod() {}

    static String toWrite(String name, boolean direct) {
        return direct ? TEXT.formatted("DedupDirect", "Direct", name) : TEXT.formatted("Dedup", "Simple", name);
    }
}
