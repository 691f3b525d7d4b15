package io.dedup.rabbit;

/** Stands between the library and its servers, sees each call it makes of them, and may do something else instead. */
@FunctionalInterface
public interface Layer {

    Object call(Call call) throws Throwable;
}
