/** Loads a bundle as a page would that names it in a script element. */
const { searchParams } = new URL(location.href);
const script = document.createElement("script");
script.src = searchParams.get("src");
script.type = searchParams.get("type");
document.head.append(script);
