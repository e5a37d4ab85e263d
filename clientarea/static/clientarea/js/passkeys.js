// Passkeys: what the server asks goes to the browser's own dialog, its answer into the form.

const { webauthnJSON } = window;

async function optionsOf(form) {
  const script = form.querySelector("#passkey-options");
  if (script) {
    return JSON.parse(script.textContent);
  }
  const answer = await fetch(form.action, {
    headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
  });
  if (!answer.ok) {
    throw new Error(answer.statusText);
  }
  return answer.json();
}

async function create(form, options) {
  const alone = form.elements.passwordless.checked;
  const wanted = options.creation_options;
  Object.assign(wanted.publicKey.authenticatorSelection, {
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone,
    userVerification: alone ? "required" : "preferred",
  });
  return webauthnJSON.create(wanted);
}

async function ask(form) {
  const options = await optionsOf(form);
  return form.dataset.passkey === "create"
    ? create(form, options)
    : webauthnJSON.get(options.request_options);
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const error = form.querySelector("#passkey-error");
    error.hidden = true;
    form.setAttribute("aria-busy", "true");
    try {
      form.elements.credential.value = JSON.stringify(await ask(form));
      form.submit();
    } catch {
      // Cancelled, timed out, or no key fits: the browser does not say which, on purpose.
      error.hidden = false;
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
}
