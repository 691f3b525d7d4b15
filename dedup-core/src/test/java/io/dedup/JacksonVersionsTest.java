package io.dedup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Arrays;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** IDs in JSON bodies with Jackson 2 alone (Spring Boot 3 brings it), with Jackson 3 alone, and with neither. */
class JacksonVersionsTest {

    private static final String JACKSON_2 = "com/fasterxml/jackson/core/jackson-core/";
    private static final String JACKSON_3 = "tools/jackson/core/jackson-core/";

    private static JsonPointerId.Reader reader(int version, String pointer) {
        return version == 2 ? new Jackson2Reader(pointer) : new Jackson3Reader(pointer);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"order": {"id": "a-1"}}               | a-1
                    {"order": {"x": [1], "id": 17}}        | 17
                    {"order": {"id": 1.50}}                | 1.50
                    {"order": {"id": 12345678901234567890}} | 12345678901234567890
                    {"order": {"id": true}}                | true
                    {"order": {"id": "çığ"}, "order2": 1}  | çığ
                    {"order": {"id": null}}                |
                    {"order": {}}                          |
                    {"order": [{"id": 1}]}                 |
                    []                                     |
                    "text"                                 |
                    """)
    void bothReadTheSame(String body, @Nullable String id) {
        assertThat(reader(2, "/order/id").read(body.getBytes(UTF_8))).isEqualTo(id);
        assertThat(reader(3, "/order/id").read(body.getBytes(UTF_8))).isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void bothRefuseTheSame(int version) {
        JsonPointerId.Reader reader = reader(version, "/id");
        assertThat(reader.read(new byte[0])).isNull();
        assertThat(reader(version, "/ids/1").read("{\"ids\": [5, 6]}".getBytes(UTF_8)))
                .isEqualTo("6");
        for (String body : new String[] {"<order/>", "{\"order\": ", "{order: 1}", "\u0000"}) {
            assertThatThrownBy(() -> reader.read(body.getBytes(UTF_8)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("the body is not JSON, so there is no ID at '/id': ");
        }
        for (String body : new String[] {"{\"id\": {}}", "{\"id\": [1]}"}) {
            assertThatThrownBy(() -> reader.read(body.getBytes(UTF_8)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("cannot be an ID");
        }
        assertThatThrownBy(() -> reader(version, "id")).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {JACKSON_2, JACKSON_3})
    void eitherIsEnough(String jackson) throws Exception {
        assertThat(readWith(path -> !path.contains("/jackson-core/") || path.contains(jackson)))
                .isEqualTo("17");
    }

    @Test
    void withNeitherTheMessageSaysWhatToAdd() {
        assertThatThrownBy(() -> readWith(path -> !path.contains("/jackson-core/")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("tools.jackson.core:jackson-core (Jackson 3)")
                .hasMessageContaining("com.fasterxml.jackson.core:jackson-core (Jackson 2)");
    }

    /** Reads an ID with those parts of this class path only. */
    private static Object readWith(Predicate<String> parts) throws Exception {
        try (URLClassLoader loader = loaderOf(parts)) {
            Class<?> resolvers = loader.loadClass("io.dedup.MessageIdResolver");
            Class<?> view = loader.loadClass("io.dedup.MessageView");
            Object message = Proxy.newProxyInstance(
                    loader, new Class<?>[] {view}, (self, method, args) -> "{\"id\": 17}".getBytes(UTF_8));
            Object resolver = invoke(resolvers.getMethod("jsonPointer", String.class), null, "/id");
            return invoke(resolvers.getMethod("resolve", view), resolver, message);
        }
    }

    private static Object invoke(Method method, @Nullable Object target, Object argument) throws Exception {
        try {
            return method.invoke(target, argument);
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private static URLClassLoader loaderOf(Predicate<String> parts) throws IOException {
        String[] all = System.getProperty("java.class.path").split(File.pathSeparator);
        assertThat(all).anyMatch(path -> path.contains(JACKSON_2)).anyMatch(path -> path.contains(JACKSON_3));
        URL[] urls = Arrays.stream(all)
                .filter(parts)
                .map(File::new)
                .map(JacksonVersionsTest::urlOf)
                .toArray(URL[]::new);
        return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
    }

    private static URL urlOf(File file) {
        try {
            return file.toURI().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
    }
}
