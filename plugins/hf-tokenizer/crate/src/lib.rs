//! The `tokenizers` crate behind the C table of plugins/textkit/hf_tokenizer_interface.h. Any thread.

use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void, CStr};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use tokenizers::Tokenizer;

pub struct Model(Arc<Tokenizer>);

type TakeIds = extern "C" fn(*mut c_void, *const u32, usize);
type TakeText = extern "C" fn(*mut c_void, *const c_char, usize);
type Open = unsafe extern "C" fn(*const c_char, *mut c_char, usize) -> *mut Model;
type Close = unsafe extern "C" fn(*mut Model);
type Encode = unsafe extern "C" fn(
    *const Model, *const c_char, usize, c_int, TakeIds, *mut c_void, *mut c_char, usize,
) -> c_int;
type Decode = unsafe extern "C" fn(
    *const Model, *const u32, usize, TakeText, *mut c_void, *mut c_char, usize,
) -> c_int;

#[repr(C)]
pub struct Api {
    version: u32,
    open: Open,
    close: Close,
    encode: Encode,
    decode: Decode,
}

#[no_mangle]
#[allow(non_upper_case_globals)]
pub static ophost_hf_tokenizer: Api = Api { version: 1, open, close, encode, decode };

/// Runs `body`; a failure or a panic becomes text in the caller's buffer.
unsafe fn guarded<T>(
    error: *mut c_char,
    size: usize,
    body: impl FnOnce() -> Result<T, String>,
) -> Option<T> {
    let reason = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => return Some(value),
        Ok(Err(reason)) => reason,
        Err(_) => "the tokenizer failed and gave no reason".to_string(),
    };
    if size > 0 {
        let bytes = reason.as_bytes();
        let n = bytes.len().min(size - 1);
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), error.cast(), n);
        *error.add(n) = 0;
    }
    None
}

/// Workers open the same tokenizer one after the other: one copy serves them all.
fn load(path: &str) -> Result<Arc<Tokenizer>, String> {
    static LOADED: OnceLock<Mutex<HashMap<String, Weak<Tokenizer>>>> = OnceLock::new();
    let mut loaded = LOADED
        .get_or_init(Default::default)
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(there) = loaded.get(path).and_then(Weak::upgrade) {
        return Ok(there);
    }
    let mut fresh = Tokenizer::from_file(path).map_err(|e| e.to_string())?;
    fresh.with_truncation(None).map_err(|e| e.to_string())?;
    fresh.with_padding(None);
    let fresh = Arc::new(fresh);
    loaded.insert(path.to_string(), Arc::downgrade(&fresh));
    Ok(fresh)
}

unsafe extern "C" fn open(path: *const c_char, error: *mut c_char, size: usize) -> *mut Model {
    guarded(error, size, || {
        let path = CStr::from_ptr(path).to_str().map_err(|e| e.to_string())?;
        Ok(Box::into_raw(Box::new(Model(load(path)?))))
    })
    .unwrap_or(std::ptr::null_mut())
}

unsafe extern "C" fn close(model: *mut Model) {
    if !model.is_null() {
        drop(Box::from_raw(model));
    }
}

/// The bytes at `data`, which may be null when there are none.
unsafe fn slice<'a, T>(data: *const T, size: usize) -> &'a [T] {
    if size == 0 {
        &[]
    } else {
        std::slice::from_raw_parts(data, size)
    }
}

unsafe extern "C" fn encode(
    model: *const Model, text: *const c_char, text_size: usize, specials: c_int, take: TakeIds,
    ctx: *mut c_void, error: *mut c_char, size: usize,
) -> c_int {
    let encoded = guarded(error, size, || {
        let text = std::str::from_utf8(slice(text.cast(), text_size)).map_err(|e| e.to_string())?;
        (*model).0.encode_fast(text, specials != 0).map_err(|e| e.to_string())
    });
    let Some(encoded) = encoded else { return -1 };
    take(ctx, encoded.get_ids().as_ptr(), encoded.get_ids().len());
    0
}

unsafe extern "C" fn decode(
    model: *const Model, ids: *const u32, count: usize, take: TakeText, ctx: *mut c_void,
    error: *mut c_char, size: usize,
) -> c_int {
    let decoded = guarded(error, size, || {
        (*model).0.decode(slice(ids, count), false).map_err(|e| e.to_string())
    });
    let Some(decoded) = decoded else { return -1 };
    take(ctx, decoded.as_ptr().cast(), decoded.len());
    0
}
