// The API's documentation page: <div id="api-docs" data-spec="/api/openapi.json">.
// @ts-expect-error The package ships no types.
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "./docs.css";

const place = document.getElementById("api-docs");
if (place?.dataset.spec) {
  SwaggerUI({ domNode: place, url: place.dataset.spec, deepLinking: true, validatorUrl: null, tryItOutEnabled: false });
}
