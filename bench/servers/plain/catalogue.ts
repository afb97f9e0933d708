import { DatabaseError, type Pool } from "pg";
import { type Answer, problem } from "./answers.ts";
import { UNIQUE_VIOLATION } from "./transaction.ts";

/** Creates a product. */
export function createProduct(pool: Pool, product: { productId: string; sku: string; name: string }): Promise<Answer> {
  const text = "INSERT INTO product (product_id, sku, name) VALUES ($1, $2, $3)";
  return insert(pool, text, [product.productId, product.sku, product.name], product);
}

/** Creates a location. */
export function createLocation(
  pool: Pool,
  location: { locationId: string; name: string; type: string },
): Promise<Answer> {
  const text = "INSERT INTO location (location_id, name, type) VALUES ($1, $2, $3)";
  return insert(pool, text, [location.locationId, location.name, location.type], location);
}

async function insert(pool: Pool, text: string, values: string[], created: object): Promise<Answer> {
  try {
    await pool.query(text, values);
    return { status: 201, body: JSON.stringify(created) };
  } catch (error) {
    if (error instanceof DatabaseError && error.code === UNIQUE_VIOLATION) {
      return problem(409, "already_exists", "There is one with this id or SKU already.");
    }
    throw error;
  }
}
