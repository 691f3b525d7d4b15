package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spring.Protection;
import io.dedup.spring.boot.compat.HealthCheck;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.asm.ClassReader;
import org.springframework.asm.ClassVisitor;
import org.springframework.asm.Handle;
import org.springframework.asm.MethodVisitor;
import org.springframework.asm.Opcodes;
import org.springframework.asm.SpringAsmInfo;
import org.springframework.asm.Type;

/**
 * Compiled once, for the newest line of Boot: whatever the classes call is there in the line that these tests run on, with
 * the very parameters and result. What is not called in a test would fail at a user's otherwise.
 */
class LinkageTest {

    /** What stands for the other line, and is not loaded on this one. */
    private static final String OTHER_LINE = BootLine.BOOT_3 ? "/Boot4" : "/Boot3";

    @Test
    void whateverIsCalledIsThere() throws Exception {
        List<String> missing = new ArrayList<>();
        int classes = 0;
        for (Class<?> of : List.of(Protection.class, DedupProperties.class, HealthCheck.class)) {
            for (Map.Entry<String, byte[]> file : classesBeside(of)) {
                if (!file.getKey().contains(OTHER_LINE)) {
                    ClassReader reader = new ClassReader(file.getValue());
                    reader.accept(new Calls(file.getKey(), missing), 0);
                    Class.forName(reader.getClassName().replace('/', '.')); // what it overrides can be overridden
                    classes++;
                }
            }
        }
        assertThat(classes).isGreaterThan(50);
        assertThat(missing).isEmpty();
    }

    @Test
    void aCallThatIsNotThereIsFound() throws Exception {
        List<String> missing = new ArrayList<>();
        Calls calls = new Calls("Some.class", missing);
        MethodVisitor method = calls.visitMethod(0, "some", "()V", null, null);
        method.visitMethodInsn(0, "java/lang/String", "length", "()I", false);
        method.visitMethodInsn(0, "java/util/ArrayList", "forEach", "(Ljava/util/function/Consumer;)V", false);
        method.visitMethodInsn(0, "java/lang/String", "length", "()J", false);
        method.visitFieldInsn(0, "java/lang/Integer", "MIDDLE_VALUE", "I");
        method.visitTypeInsn(0, "java/lang/Nothing");
        assertThat(missing)
                .containsExactly(
                        "Some.class: java.lang.String.length()J",
                        "Some.class: java.lang.Integer.MIDDLE_VALUE",
                        "Some.class: java.lang.Nothing");
    }

    /** The class files of the same package, in a directory or a jar. */
    private static List<Map.Entry<String, byte[]>> classesBeside(Class<?> type) throws Exception {
        URL url = type.getResource(type.getSimpleName() + ".class");
        if (url.getProtocol().equals("file")) {
            return classesIn(Path.of(url.toURI()).getParent());
        }
        URI jar = URI.create(url.toString().replaceAll("!.*", ""));
        try (FileSystem files = FileSystems.newFileSystem(jar, Map.of())) {
            return classesIn(files.getPath(type.getPackageName().replace('.', '/')));
        }
    }

    private static List<Map.Entry<String, byte[]>> classesIn(Path directory) throws IOException {
        List<Map.Entry<String, byte[]>> classes = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file :
                    files.filter(name -> name.toString().endsWith(".class")).toList()) {
                try (InputStream in = Files.newInputStream(file)) {
                    classes.add(Map.entry("/" + file.getFileName(), in.readAllBytes()));
                }
            }
        }
        return classes;
    }

    private static final class Calls extends ClassVisitor {

        private final String in;
        private final List<String> missing;

        Calls(String in, List<String> missing) {
            super(SpringAsmInfo.ASM_VERSION);
            this.in = in;
            this.missing = missing;
        }

        @Override
        public void visit(
                int version, int access, String name, String signature, String superName, String[] interfaces) {
            check(superName);
            Stream.of(interfaces).forEach(this::check);
        }

        private Class<?> check(String internalName) {
            String name = Type.getObjectType(internalName).getClassName();
            try {
                return internalName.startsWith("[")
                        ? Object.class
                        : Class.forName(name, false, LinkageTest.class.getClassLoader());
            } catch (ClassNotFoundException | LinkageError e) {
                missing.add(in + ": " + name);
                return null;
            }
        }

        @Override
        public MethodVisitor visitMethod(
                int access, String method, String type, String signature, String[] exceptions) {
            return new MethodVisitor(SpringAsmInfo.ASM_VERSION) {

                @Override
                public void visitMethodInsn(
                        int opcode, String owner, String name, String descriptor, boolean isInterface) {
                    Class<?> type = check(owner);
                    if (type != null && !owner.startsWith("[") && !hasMethod(type, name, descriptor)) {
                        missing.add(in + ": " + type.getName() + "." + name + descriptor);
                    }
                }

                @Override
                public void visitInvokeDynamicInsn(
                        String name, String descriptor, Handle bootstrap, Object... arguments) {
                    for (Object argument : arguments) {
                        if (argument instanceof Handle reference && reference.getTag() <= Opcodes.H_PUTSTATIC) {
                            visitFieldInsn(0, reference.getOwner(), reference.getName(), reference.getDesc());
                        } else if (argument instanceof Handle reference) {
                            visitMethodInsn(
                                    0,
                                    reference.getOwner(),
                                    reference.getName(),
                                    reference.getDesc(),
                                    reference.isInterface());
                        }
                    }
                }

                @Override
                public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
                    Class<?> type = check(owner);
                    if (type != null && !hasField(type, name)) {
                        missing.add(in + ": " + type.getName() + "." + name);
                    }
                }

                @Override
                public void visitTypeInsn(int opcode, String internalName) {
                    check(internalName);
                }
            };
        }

        private static boolean hasMethod(Class<?> type, String name, String descriptor) {
            if (name.equals("<init>")) {
                return Stream.of(type.getDeclaredConstructors())
                        .anyMatch(constructor ->
                                Type.getConstructorDescriptor(constructor).equals(descriptor));
            }
            return supertypes(type)
                    .flatMap(supertype -> Stream.of(supertype.getDeclaredMethods()))
                    .anyMatch(method -> method.getName().equals(name)
                            && Type.getMethodDescriptor(method).equals(descriptor));
        }

        private static boolean hasField(Class<?> type, String name) {
            return supertypes(type)
                    .flatMap(supertype -> Stream.of(supertype.getDeclaredFields()))
                    .anyMatch(field -> field.getName().equals(name));
        }

        private static Stream<Class<?>> supertypes(Class<?> type) {
            Stream<Class<?>> above = Stream.concat(
                    Stream.ofNullable(type.getSuperclass()),
                    Stream.concat(
                            Stream.of(type.getInterfaces()),
                            type.isInterface() ? Stream.of(Object.class) : Stream.empty()));
            return Stream.concat(Stream.of(type), above.flatMap(Calls::supertypes));
        }
    }
}
