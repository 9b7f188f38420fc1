// What is asked of the server.

async function answered(response) {
  if (!response.ok) throw new Error((await response.text()).trim() || response.statusText);
  return response;
}

export async function get(path, params, signal) {
  return (await answered(await fetch(path + (params ? "?" + params : ""), {signal}))).json();
}

export async function bytes(path, params, signal) {
  return (await answered(await fetch(path + "?" + params, {signal}))).arrayBuffer();
}

export async function post(path, body) {
  return (await answered(await fetch(path, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)}))).json();
}
